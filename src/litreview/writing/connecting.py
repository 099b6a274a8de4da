"""The last call of a section: it may reorder the checked sentences and connect them, and nothing else.

What it changes is checked again with the evidence it had; a sentence that would stand worse stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from litreview.answers import Claim, DraftClaim, DraftEvidence, Group
from litreview.checking import PreparedPapers, check_claim
from litreview.checking.factual import claims_nothing
from litreview.llm.types import Prompt, ReplySchema
from litreview.prompting import connected_schema
from litreview.related_work import ConnectedTheme, ConnectedThemes, Theme
from litreview.tokens import bound

from .themes import Brief

_LONGEST_OPENING = 40  # words; the prompt asks for 25


class Connecting(NamedTuple):
    """A call that connects, and what is needed to read its reply.

    Attributes:
        prompt: What is sent.
        schema: The form of the reply.
        themes: The themes that are in the prompt, by their ids.
        sentences: Their sentences, by the ids of theme and sentence: two themes may hold the same one.
        fixed: Whether the themes keep their order.
    """

    prompt: Prompt
    schema: ReplySchema[ConnectedThemes]
    themes: Mapping[str, Group]
    sentences: Mapping[str, Mapping[str, Claim]]
    fixed: bool

    def read(self, reply: ConnectedThemes, papers: PreparedPapers) -> tuple[Theme, ...]:
        """The section in its new order; what the reply forgets follows in its old order."""
        replied = {theme.id: theme for theme in reversed(reply.themes) if theme.id in self.themes}
        order = list(self.themes)
        if not self.fixed:
            named = list(dict.fromkeys(theme.id for theme in reply.themes if theme.id in self.themes))
            order = named + [id for id in order if id not in named]
        return tuple(self._theme(id, replied.get(id) or ConnectedTheme(id=id), papers) for id in order)

    def _theme(self, id: str, reply: ConnectedTheme, papers: PreparedPapers) -> Theme:
        own = self.sentences[id]
        texts = {sentence.id: sentence.text for sentence in reversed(reply.sentences) if sentence.id in own}
        named = dict.fromkeys(sentence.id for sentence in reply.sentences if sentence.id in own)
        claims = [_reworded(own[name], texts[name], papers) for name in named]
        claims += [claim for name, claim in own.items() if name not in named]
        opening = " ".join(reply.opening.split())
        if len(opening.split()) > _LONGEST_OPENING or not claims_nothing(opening, ids=papers.papers):
            opening = ""
        return Theme(heading=self.themes[id].heading, opening=opening, claims=tuple(claims))


def prepare_connecting(groups: Sequence[Group], brief: Brief) -> Connecting | None:
    """Put the checked sentences into one prompt; None where they do not fit, or there is nothing to order."""
    template = brief.prompts["connect"]
    themes: dict[str, Group] = {}
    sentences: dict[str, dict[str, Claim]] = {}
    ids: list[str] = []
    lines: list[str] = []
    for group in groups:
        name = f"T{len(themes) + 1}"
        themes[name] = group
        sentences[name] = {}
        lines.append(json.dumps({"theme": name, "heading": group.heading}, ensure_ascii=False))
        for claim in group.claims:
            id = f"S{len(ids) + 1}"
            ids.append(id)
            sentences[name][id] = claim
            record = {"id": id, "theme": name, "text": claim.text, "papers": list(claim.citations)}
            lines.append(json.dumps(record, ensure_ascii=False))
    used = bound(template.system + template.user + brief.question) + sum(map(bound, lines))
    # The reply repeats every sentence: it must fit into the reply as well.
    if len(ids) < 2 or used > brief.budget.context - brief.budget.reply:
        return None
    if sum(map(bound, lines)) > brief.budget.reply:
        return None
    fixed = bool(brief.outline)
    prompt = template.render(
        question=brief.question,
        sentences="\n".join(lines),
        fixed="yes" if fixed else "no",
        tense=brief.style.tense,
        person=brief.style.person,
    )
    return Connecting(prompt, connected_schema(list(themes), ids), themes, sentences, fixed)


def unconnected(groups: Sequence[Group]) -> tuple[Theme, ...]:
    """The section as its themes were written, where nothing connects them."""
    return tuple(Theme(heading=group.heading, claims=group.claims) for group in groups)


def _reworded(claim: Claim, text: str, papers: PreparedPapers) -> Claim:
    """The claim in its new words, if these stand their check as well as the old ones do."""
    new = " ".join(text.split())
    if not new or new == claim.text:
        return claim
    ids = {paper.key: id for id, paper in papers.papers.items()}
    evidence = tuple(DraftEvidence(paper=ids[piece.key], quote=piece.quote) for piece in claim.evidence)
    checked = check_claim(DraftClaim(text=new, evidence=evidence), papers)
    worse = checked.verdict == "unsupported" or (checked.verdict, claim.verdict) == ("weak", "supported")
    return claim if worse else checked
