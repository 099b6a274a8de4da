"""litreview: literature reviews you can check.

    from litreview import Library
    with Library.open("~/papers") as library:
        library.add(["refs.bib"])
        review = library.ask("how do MLPs compete with attention?")
        print(review.to_markdown())

Every name of `__all__` is explained, with an example that runs, in docs/api.md. Names are imported when they
are first used. Messages go to the logger "litreview"; errors are those of `litreview.errors`.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answers import (
        Answer,
        Claim,
        DraftAnswer,
        DraftClaim,
        DraftEvidence,
        DraftGroup,
        Evidence,
        Group,
        Reference,
        RetrievedEntry,
        Usage,
    )
    from .api import Library
    from .checking import Checked
    from .checking.findings import DocumentClaim, DocumentReport
    from .embedding import Embedder
    from .errors import (
        LitreviewError,
        ModelError,
        NothingRelevant,
        NothingSupported,
        PaperNotFound,
        ProviderError,
        UsageError,
    )
    from .importing import ImportReport
    from .library import Filters
    from .llm import ChatModel, Completion, Prompt, ReplySchema
    from .papers import Paper
    from .pieces import check_answer, parse_reply, render_prompt, reply_schema, retrieve
    from .related_work import Commission, OutlineTheme, Style
    from .results import RelatedWork, Review
    from .retrieval import Retrieved
    from .settings import Settings, load_settings
    from .sources import Parser, Rejected, SourceBatch

__all__ = [
    "Answer",
    "ChatModel",
    "Checked",
    "Claim",
    "Commission",
    "Completion",
    "DocumentClaim",
    "DocumentReport",
    "DraftAnswer",
    "DraftClaim",
    "DraftEvidence",
    "DraftGroup",
    "Embedder",
    "Evidence",
    "Filters",
    "Group",
    "ImportReport",
    "Library",
    "LitreviewError",
    "ModelError",
    "NothingRelevant",
    "NothingSupported",
    "OutlineTheme",
    "Paper",
    "PaperNotFound",
    "Parser",
    "Prompt",
    "ProviderError",
    "Reference",
    "Rejected",
    "RelatedWork",
    "ReplySchema",
    "Retrieved",
    "RetrievedEntry",
    "Review",
    "Settings",
    "SourceBatch",
    "Style",
    "Usage",
    "UsageError",
    "check_answer",
    "load_settings",
    "parse_reply",
    "render_prompt",
    "reply_schema",
    "retrieve",
]

# Where each name is; those of one module in one line, as they are imported above.
_MODULES = {
    "answers": "Answer Claim DraftAnswer DraftClaim DraftEvidence DraftGroup Evidence Group Reference"
    " RetrievedEntry Usage",
    "api": "Library",
    "checking": "Checked",
    "checking.findings": "DocumentClaim DocumentReport",
    "embedding": "Embedder",
    "errors": "LitreviewError ModelError NothingRelevant NothingSupported PaperNotFound ProviderError"
    " UsageError",
    "importing": "ImportReport",
    "library": "Filters",
    "llm": "ChatModel Completion Prompt ReplySchema",
    "papers": "Paper",
    "pieces": "check_answer parse_reply render_prompt reply_schema retrieve",
    "related_work": "Commission OutlineTheme Style",
    "results": "RelatedWork Review",
    "retrieval": "Retrieved",
    "settings": "Settings load_settings",
    "sources": "Parser Rejected SourceBatch",
}

# A library says nothing unless the program that uses it listens.
logging.getLogger("litreview").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names.split():
            found = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
