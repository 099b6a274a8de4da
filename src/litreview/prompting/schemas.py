"""JSON schemas as servers take them: every field required, no other allowed, no limits of length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litreview.answers import DraftAnswer, JoinedAnswer, JudgedItems, RepairedClaims
from litreview.llm.types import ReplySchema
from litreview.related_work import ASPECTS, ConnectedThemes, PlannedThemes, QuotedRows, WrittenTheme

_TEXT = {"type": "string"}


def answer_schema(ids: Sequence[str]) -> ReplySchema[DraftAnswer]:
    """The form of an answer over the papers with these ids (P1 … Pn)."""
    return ReplySchema("answer", _grouped(_claim(ids)), DraftAnswer)


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


def themes_schema(ids: Sequence[str], headings: Sequence[str]) -> ReplySchema[PlannedThemes]:
    """The form of a plan over the papers with these ids; with headings, of these themes only."""
    paper = {"type": "string", "enum": list(ids)}
    heading = {"type": "string", "enum": list(headings)} if headings else _TEXT
    theme = _object({"heading": heading, "focus": _TEXT, "papers": _list(paper)})
    left_out = _object({"paper": paper, "reason": _TEXT})
    form = _object({"themes": _list(theme), "left_out": _list(left_out)})
    return ReplySchema("themes", form, PlannedThemes)


def theme_schema(ids: Sequence[str]) -> ReplySchema[WrittenTheme]:
    """The form of one paragraph over the papers with these ids."""
    return ReplySchema("theme", _object({"claims": _list(_claim(ids))}), WrittenTheme)


def connected_schema(themes: Sequence[str], sentences: Sequence[str]) -> ReplySchema[ConnectedThemes]:
    """The form of a section of these themes (T1 … Tn) and sentences (S1 … Sn) in a new order."""
    sentence = _object({"id": {"type": "string", "enum": list(sentences)}, "text": _TEXT})
    theme = _object(
        {"id": {"type": "string", "enum": list(themes)}, "opening": _TEXT, "sentences": _list(sentence)}
    )
    return ReplySchema("connected", _object({"themes": _list(theme)}), ConnectedThemes)


def table_schema(ids: Sequence[str]) -> ReplySchema[QuotedRows]:
    """The form of a synthesis table over the papers with these ids."""
    cell = _object({"aspect": {"type": "string", "enum": list(ASPECTS)}, "quote": _TEXT})
    row = _object({"paper": {"type": "string", "enum": list(ids)}, "cells": _list(cell)})
    return ReplySchema("table", _object({"rows": _list(row)}), QuotedRows)


def _claim(ids: Sequence[str]) -> dict[str, Any]:
    evidence = _object({"paper": {"type": "string", "enum": list(ids)}, "quote": _TEXT})
    return _object({"text": _TEXT, "evidence": _list(evidence)})


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
