"""The measurement: false claims made by rule, counted by kind, the same for the same seed."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from litreview.answers import DraftClaim, DraftEvidence
from litreview.checking import corruptions as rules
from litreview.checking.corruptions import Case
from litreview.checking.evaluation import evaluate_citations
from litreview.errors import SourceError
from litreview.papers import Paper

SUBJECTS = [
    ("reef", "corals", "water"), ("parser", "grammars", "treebanks"), ("tumour", "cells", "mice"),
    ("galaxy", "stars", "dust"), ("glacier", "ice", "melt"), ("battery", "anodes", "charge"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six subjects, five papers on each, and a claim of every label for each subject."""
    pairs = []
    with (tmp_path / "corpus.jsonl").open("w", encoding="utf-8") as corpus:
        for number, (one, two, three) in enumerate(SUBJECTS):
            for copy in range(5):
                sentences = [
                    f"We study the {one} and its {two} in group {copy} of many kinds.",
                    f"The {one} increases the {two} by {20 + copy}% and needs more {three} than before.",
                    f"Our {one} number {copy} outperforms the older {two} on all kinds of {three}.",
                ]
                name = f"{number}{copy}"
                record = {
                    "_id": name,
                    "title": f"The {one} {copy}",
                    "text": " ".join(sentences),
                    "sentences": sentences,
                }
                corpus.write(json.dumps(record) + "\n")
            claims = [
                (f"The {one} raises {two} by 20%.", "SUPPORT", [[1]]),
                (f"The {one} lowers the {two}.", "CONTRADICT", [[1]]),
                (f"A {one} has wings and {three}.", "NOT_ENOUGH_INFO", []),
            ]
            pairs += [
                {
                    "_id": f"{number}-{label}",
                    "claim": claim,
                    "doc_id": f"{number}0",
                    "label": label,
                    "rationales": r,
                }
                for claim, label, r in claims
            ]
    lines = "".join(json.dumps(pair) + "\n" for pair in pairs)
    (tmp_path / "verify_pairs.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def test_the_report_counts_every_kind_and_repeats_itself(folder: Path) -> None:
    report = evaluate_citations(folder, limit=12)
    rows = {row.kind: row for row in report.rows}
    for kind in ("unknown id", "empty quote", "fabricated quote", "one word of the quote changed"):
        assert rows[kind].made == 12
        assert rows[kind].share == 1
        assert rows[kind].fitting == 12
    # A changed number may stand elsewhere in the abstract: then it is a doubt.
    assert rows["number changed: figure"].caught + rows["number changed: figure"].weak == 12
    assert report.true_claims == 6 + 12
    assert report.auroc > 0.9
    assert report.best_sentence >= 0.5
    assert report.milliseconds > 0.1
    assert json.loads(report.model_dump_json())["rows"][0]["kind"] == "unknown id"
    assert "AUROC" in report.as_table()
    again = evaluate_citations(folder, limit=12)
    assert again.model_copy(update={"milliseconds": report.milliseconds}) == report


def test_a_missing_or_broken_file_is_named(folder: Path) -> None:
    with pytest.raises(SourceError, match=r"corpus\.jsonl"):
        evaluate_citations(folder / "nowhere")
    (folder / "verify_pairs.jsonl").write_text("[1]\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 1"):
        evaluate_citations(folder)


def case(text: str) -> Case:
    papers = {
        "P1": Paper(key="a", title="One", abstract=f"{text} More of it stands here for all to read."),
        "P2": Paper(key="b", title="Two", abstract="Something else stands here for all of them to read."),
    }
    claim = DraftClaim(text=text, evidence=(DraftEvidence(paper="P1", quote=text),))
    return Case("test", claim, papers, "P1", ["A sentence that stands nowhere at all in them."], ["other"])


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        (rules.negated, "It is fast.", "It is not fast."),
        (rules.negated, "It is not fast.", "It is fast."),
        (rules.negated, "The cell induces growth.", "The cell does not induce growth."),
        (rules.antonym, "The cost is high here.", "The cost is low here."),
        (rules.swapped_operands, "The cell inhibits the virus.", "the virus inhibits The cell."),
        (rules.changed_half, "It halves the cost.", "It doubles the cost."),
    ],
)
def test_rules_change_one_thing(rule: rules.Rule, text: str, expected: str) -> None:
    made = rule(case(text), random.Random(0))
    assert made is not None
    assert made.text == expected


@pytest.mark.parametrize(
    "rule",
    [rules.changed_figure, rules.changed_count, rules.changed_size, rules.antonym, rules.swapped_operands],
)
def test_a_rule_that_does_not_apply_makes_nothing(rule: rules.Rule) -> None:
    assert rule(case("There it goes with them."), random.Random(0)) is None
