"""A flow of one's own: retrieve with litreview, ask any model in any way, and have the reply checked.

python examples/own_flow.py
"""

from __future__ import annotations

from pathlib import Path

from litreview import Library, check_answer, parse_reply, render_prompt, reply_schema, retrieve
from litreview.testing import scripted_reply

PAGES = Path(__file__).parent / "pages"
INVENTED = (
    '{"groups": [{"heading": "Speed", "claims": [{"text": "Attention is a hundred times slower.", "evidence":'
    ' [{"paper": "P1", "quote": "attention is a hundred times slower than an MLP"}]}]}], "gaps": []}'
)


def my_model(system: str, user: str, form: object) -> str:
    """Ask any model here: `form` is the JSON Schema of the reply. This one answers from its prompt."""
    assert system
    assert form
    return scripted_reply(user)


def main() -> None:
    """Print what a sound reply keeps and what an invented one loses."""
    with Library.temporary() as library:
        library.add(PAGES)
        found = retrieve(library, "how do MLPs compete with attention?", limit=8)
        prompt = render_prompt(found.question, found)
        reply = my_model(prompt.system, prompt.user, reply_schema(found).wire)

        checked = check_answer(parse_reply(reply), found)
        print(f"{sum(len(group.claims) for group in checked.groups)} claims stand their check")

        for failure in check_answer(parse_reply(INVENTED), found).failures:
            print(f"removed: {failure.claim.text}")
            for line in failure.explanations:
                print(f"  {line}")


if __name__ == "__main__":
    main()
