"""JSON schemas as servers take them: every field required, no other allowed, no limits of length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litreview.answers import DraftAnswer, JoinedAnswer, JudgedItems, RepairedClaims
from litreview.llm.types import ReplySchema

_TEXT = {"type": "string"}


def answer_schema(ids: Sequence[str]) -> ReplySchema[DraftAnswer]:
    """The form of an answer over the papers with these ids (P1 … Pn)."""
    evidence = _object({"paper": {"type": "string", "enum": list(ids)}, "quote": _TEXT})
    claim = _object({"text": _TEXT, "evidence": _list(evidence)})
    return ReplySchema("answer", _grouped(claim), DraftAnswer)


def joined_schema(ids: Sequence[str]) -> ReplySchema[JoinedAnswer]:
    """The form of an answer that joins the claims with these ids (C1 … Cn)."""
    claim = _object({"text": _TEXT, "claims": _list({"type": "string", "enum": list(ids)})})
    return ReplySchema("joined", _grouped(claim), JoinedAnswer)


def repaired_schema(claims: Sequence[str], papers: Sequence[str]) -> ReplySchema[RepairedClaims]:
    """The form of corrections of these claims (F1 … Fn) with evidence from these papers."""
    evidence = _object({"paper": {"type": "string", "enum": list(papers)}, "quote": _TEXT})
    claim = _object(
        {"id": {"type": "string", "enum": list(claims)}, "text": _TEXT, "evidence": _list(evidence)}
    )
    return ReplySchema("repaired", _object({"claims": _list(claim)}), RepairedClaims)


def judged_schema(ids: Sequence[str]) -> ReplySchema[JudgedItems]:
    """The form of a second reader's verdicts on these items (J1 … Jn)."""
    verdict = {"type": "string", "enum": ["yes", "no"]}
    item = _object({"id": {"type": "string", "enum": list(ids)}, "entailed": verdict})
    return ReplySchema("judged", _object({"verdicts": _list(item)}), JudgedItems)


def _grouped(claim: dict[str, Any]) -> dict[str, Any]:
    group = _object({"heading": _TEXT, "claims": _list(claim)})
    return _object({"groups": _list(group), "gaps": _list(_TEXT)})


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
