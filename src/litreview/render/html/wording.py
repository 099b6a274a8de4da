"""What the page says of a check in a reader's words."""

from __future__ import annotations

from litreview.answers import Reason, Verdict

REASONS: dict[Reason, str] = {
    "unknown-paper": "it cites a paper that was not among those retrieved",
    "quote-not-found": "its quotation stands in no abstract",
    "short-quote": "its quotation is too short to show anything",
    "wrong-paper": "its quotation stands in another paper than the one it cites",
    "altered-quote": "its quotation differs from the words of the abstract",
    "number-mismatch": "a number in it stands in no abstract it cites",
    "polarity-mismatch": "it says the opposite of what it quotes",
    "uncited": "it cites nothing",
    "stray-citation": "it holds a citation mark of its own",
    "hidden-character": "it holds characters that cannot be seen",
}

VERDICTS: dict[Verdict, str] = {
    "supported": "its quotations stand in the abstracts it cites and cover what it says",
    "weak": "its quotations stand in the abstracts it cites, but cover it badly",
    "unsupported": "it failed the check and was removed",
}
