"""The check of documents: each cited sentence against the abstracts of what it cites."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.checking.cases import read_collection, read_pairs
from litreview.checking.document import Document, check_documents
from litreview.checking.findings import DocumentClaim, DocumentReport
from litreview.checking.shelf import Shelf
from litreview.library import Library
from litreview.papers import Paper
from litreview.sources.bibtex import parse
from tests.conftest import ROOT, SHARED

PAPERS = {
    "lee2020depth": Paper(
        key="lee2020depth",
        title="Depth Is What You Need",
        abstract="We compare deep and wide networks. Deep networks reach 82.1% accuracy on ImageNet."
        " Training deep networks takes twice the memory of shallow ones.",
        published="2020",
    ),
    "kim2021width": Paper(
        key="kim2021width",
        title="Width Beats Depth",
        abstract="Wide networks train faster than deep ones on small data. They need 40% more memory.",
        published="2021",
    ),
    "bare2019": Paper(key="bare2019", title="A Paper without an Abstract", published="2019"),
}


def report(text: str, **more: str) -> DocumentReport:
    return check_documents([Document("a.md", text)], Shelf(PAPERS, unreadable=more))


def only(text: str, **more: str) -> DocumentClaim:
    (claim,) = report(text, **more).claims
    return claim


def test_a_sound_sentence_is_supported_with_the_best_sentence_as_evidence() -> None:
    claim = only("Intro.\n\n  On ImageNet, deep networks reach 82.1% accuracy [@lee2020depth].")
    assert (claim.verdict, claim.reasons, claim.explanations) == ("supported", (), ())
    assert (claim.path, claim.line, claim.column) == ("a.md", 3, 3)
    assert claim.citations == ("lee2020depth",)
    (evidence,) = claim.evidence
    assert evidence.quote == "Deep networks reach 82.1% accuracy on ImageNet."
    assert (PAPERS["lee2020depth"].abstract or "")[evidence.start : evidence.end] == evidence.quote


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        ("Deep networks reach 83.1% accuracy on ImageNet [@lee2020depth].", "number-mismatch", "'83.1%'"),
        ("Deep networks reach 40% accuracy [@lee2020depth; see @kim2021width].", None, ""),
        (
            "Deep networks reach 40% accuracy on ImageNet [@lee2020depth]. As to width [@kim2021width].",
            "number-mismatch",
            "it stands in kim2021width",
        ),
        (
            "Wide networks train slower than deep ones on small data [@kim2021width].",
            "polarity-mismatch",
            "'slower'",
        ),
        ("Deep networks reach 82.1% accuracy [@lee2020dept].", "unknown-paper", "'lee2020depth'"),
        ("Deep networks reach 82.1% accuracy [@lee2020depth; @nobody].", "unknown-paper", "'nobody'"),
        (
            "They say that “wide networks train faster than narrow ones on small data” [@kim2021width].",
            "altered-quote",
            "'deep'",
        ),
        (
            "Say “deep networks reach 82.1% accuracy on ImageNet” [@kim2021width]. As [@lee2020depth].",
            "wrong-paper",
            "lee2020depth",
        ),
        (
            'They say that "birds of a feather flock together in spring" [@kim2021width].',
            "quote-not-found",
            "kim2021width",
        ),
    ],
)
def test_faults_are_found_under_a_fitting_reason(text: str, reason: str | None, said: str) -> None:
    claim = report(text).claims[0]
    if reason is None:
        assert claim.verdict != "unsupported"
        return
    assert claim.verdict == "unsupported"
    assert claim.reasons[0] == reason
    assert any(line.startswith(f"{reason}: ") and said in line for line in claim.explanations)


def test_the_nearest_key_is_a_hint_and_never_a_substitute() -> None:
    claim = only("Deep networks reach 82.1% accuracy on ImageNet [@Lee2020depth].")
    assert (claim.citations, claim.evidence, claim.reasons) == (("Lee2020depth",), (), ("unknown-paper",))
    assert claim.explanations == (
        "unknown-paper: no paper has the key 'Lee2020depth'; the nearest key is 'lee2020depth'",
    )
    assert "nearest" not in only("Nets win a lot here [@zzzzqqq].").explanations[0]


def test_an_entry_that_could_not_be_read_is_named_as_such() -> None:
    claim = only("Nets win a lot here [@bad].", bad="refs.bib:3: not closed")
    assert claim.explanations == ("unknown-paper: the entry of 'bad' cannot be read: refs.bib:3: not closed",)


def test_a_paper_without_an_abstract_cannot_be_checked_and_is_no_error() -> None:
    alone = only("Nets reach 99% accuracy everywhere [@bare2019].")
    assert (alone.verdict, alone.reasons) == ("weak", ())
    assert alone.explanations[0] == "cannot be checked: bare2019 has no abstract"
    beside = only("Nets reach 99% accuracy everywhere [@bare2019; @lee2020depth].")
    assert (beside.verdict, beside.reasons) == ("weak", ())


def test_a_sentence_about_something_else_is_weak_and_the_paper_that_fits_better_is_named() -> None:
    text = "Wide networks train faster on small data [@lee2020depth]. Width is good for much [@kim2021width]."
    claim = report("Cats sleep on warm tin roofs all afternoon [@lee2020depth].").claims[0]
    assert (claim.verdict, claim.reasons) == ("weak", ())
    assert "little" in claim.explanations[0]
    assert "kim2021width covers more" in " ".join(report(text).claims[0].explanations)


def test_quotations_may_be_cut_with_an_ellipsis_and_titles_quoted() -> None:
    sound = "“Deep networks reach 82.1% accuracy … takes twice the memory of shallow ones” [@lee2020depth]."
    assert only(sound).verdict == "supported"
    assert only("“Depth Is What You Need” is on depth [@lee2020depth].").reasons == ()


def test_a_row_of_a_table_is_checked_for_its_numbers() -> None:
    table = "| model | top-1 |\n|---|---|\n| Deep [@lee2020depth] | {} |\n| Other | 3% |\n"
    assert only(table.format("82.1%")).verdict == "supported"
    assert only(table.format("85.1%")).reasons == ("number-mismatch",)


@pytest.mark.parametrize(
    ("sentence", "is_reported"),
    [
        ("Sparse networks outperform dense ones on most tasks.", True),
        ("Sparse networks cut the use of memory by 40%.", True),
        ("It has been found that sparse networks win.", True),
        ("In this section we show that sparse networks reach 40%.", False),
        ("This section shows that sparse networks reach 40% of it.", False),
        ("Our networks outperform dense ones on most tasks.", False),
        ("Table 2 shows that sparse networks reach 40% of it.", False),
        ("Do sparse networks outperform dense ones on most tasks?", False),
        ("There are many ways to build sparse networks.", False),
        ("Sparse networks win by 5%.", False),
        ("Sparse networks outperform dense ones on most tasks [3].", False),
        ("Sparse networks outperform dense ones (Lee et al., 2020).", False),
        ("# Sparse networks outperform dense ones on most tasks", False),
        ("```\nSparse networks outperform dense ones on most tasks.\n```", False),
    ],
)
def test_findings_without_a_citation_are_weak_and_other_sentences_pass(
    sentence: str, is_reported: bool
) -> None:
    claims = report(
        f"{sentence}\n\nWide networks train faster than deep ones on small data [@kim2021width]."
    ).claims
    uncited = [claim for claim in claims if not claim.citations]
    assert [claim.verdict for claim in uncited] == ["weak"] * is_reported
    assert [claim.reasons for claim in uncited] == [("uncited",)] * is_reported


def test_what_goes_on_about_a_cited_paper_needs_no_citation_of_its_own() -> None:
    text = (
        "Wide networks train faster than deep ones [@kim2021width]. They also show that memory grows by 40%."
    )
    assert len(report(text).claims) == 1


def test_a_pointer_claims_nothing_but_its_key_is_looked_up() -> None:
    assert only("See [@lee2020depth].").verdict == "supported"
    assert only("See [@lee2020deeper].").reasons == ("unknown-paper",)


def test_a_document_without_citations_says_so_and_has_no_claims() -> None:
    found = report("Sparse networks outperform dense ones on most tasks.")
    assert found.claims == ()
    assert found.notes == ("a.md: no citations, so there is nothing to check",)
    assert found.summary.files == 1


def test_the_summary_counts_what_the_claims_say() -> None:
    found = report(
        "Deep networks reach 82.1% accuracy on ImageNet [@lee2020depth]."
        " Nets win a lot here [@no; @lee2020depth].\n\n"
        "Sparse networks outperform dense ones on most tasks."
    )
    summary = found.summary
    assert (summary.supported, summary.weak, summary.unsupported, summary.uncited) == (1, 1, 1, 1)
    assert (summary.citations, summary.papers) == (3, 2)


def test_a_library_is_asked_for_what_the_bib_does_not_have(library: Library, papers: list[Paper]) -> None:
    library.add(papers)
    key = next(paper.key for paper in library.all_papers() if paper.title.startswith("ReefNet")) or ""
    text = (
        f"ReefNet reaches 90 % with sparse labels [@{key}]. Deep nets reach 82.1% accuracy [@lee2020depth]."
    )
    found = check_documents([Document("a.md", text)], Shelf(PAPERS, library))
    assert [claim.verdict for claim in found.claims] == ["supported", "supported"]
    alone = check_documents([Document("a.md", text)], Shelf(library=library))
    assert [claim.verdict for claim in alone.claims] == ["supported", "unsupported"]
    wrong = check_documents([Document("a.md", text.replace("90", "95"))], Shelf(library=library))
    assert wrong.claims[0].reasons == ("number-mismatch",)
    assert (
        key
        in check_documents([Document("a.md", f"So it is [@{key}x].")], Shelf(library=library))
        .claims[0]
        .explanations[0]
    )


def test_a_library_lends_the_abstract_that_a_bib_entry_lacks_and_only_to_the_same_paper(
    library: Library,
) -> None:
    paper = PAPERS["kim2021width"]
    library.add([paper])
    entry = paper.model_copy(update={"abstract": None})
    other = entry.model_copy(update={"title": "Something Else Entirely"})
    assert Shelf({"kim2021width": entry}, library).find(["kim2021width"])["kim2021width"] is not entry
    assert Shelf({"kim2021width": other}, library).find(["kim2021width"])["kim2021width"] is other


def test_the_example_has_its_planted_faults_and_no_other() -> None:
    text = (ROOT / "examples" / "related-work.md").read_text(encoding="utf-8")
    bib = parse((ROOT / "examples" / "refs.bib").read_text(encoding="utf-8"), name="refs.bib")
    found = check_documents([Document("d.md", text)], Shelf({paper.key or "": paper for paper in bib.papers}))
    faults = [(claim.verdict, *claim.reasons) for claim in found.claims if claim.verdict != "supported"]
    assert faults == [
        ("unsupported", "number-mismatch"),
        ("unsupported", "polarity-mismatch"),
        ("unsupported", "unknown-paper"),
        ("unsupported", "altered-quote"),
        ("unsupported", "wrong-paper"),
        ("weak",),
        ("weak",),
        ("weak", "uncited"),
    ]
    lines = text.split("\n")
    for claim in found.claims:
        assert lines[claim.line - 1][claim.column - 1 :].startswith(claim.text.split()[0].strip("|"))
        if claim.verdict != "supported":
            assert "planted" in lines[claim.line - 2]
    assert text.count("<!-- planted") == len(faults)


@given(st.text() | st.text(alphabet=st.sampled_from('ab1% .@[]“”"^:{}\\`*_-#>|\n')))
def test_any_text_can_be_checked(text: str) -> None:
    found = report(f"{text}\n\nDeep networks reach 82.1% [@lee2020depth] {text}")
    for claim in found.claims:
        assert (claim.verdict == "unsupported") <= bool(claim.reasons)
        for evidence in claim.evidence:
            assert (PAPERS[evidence.key].abstract or "")[evidence.start : evidence.end] == evidence.quote
    assert DocumentReport.model_validate_json(found.model_dump_json()) == found


def test_judged_claims_pass_under_their_own_abstract_and_not_under_another() -> None:
    folder = SHARED / "data" / "scifact"
    if not folder.exists():
        pytest.skip("the judged claims of ../shared/data are not here")
    papers = read_collection(folder / "corpus.jsonl.gz").papers
    pairs = read_pairs(folder)
    keys = sorted({pair.paper for pair in pairs})
    shelf = Shelf({key: papers[key] for key in keys})
    true = [(pair.claim.rstrip(". "), pair.paper) for pair in pairs if pair.label == "SUPPORT"]
    pick = random.Random(0)
    false = [(claim, pick.choice([key for key in keys if key != paper])) for claim, paper in true]

    def share(cited: list[tuple[str, str]], verdict: str) -> float:
        text = "\n\n".join(f"{claim} [@{key}]." for claim, key in cited)
        claims = check_documents([Document("a.md", text)], shelf).claims
        assert len(claims) == len(cited)
        return sum(claim.verdict == verdict for claim in claims) / len(claims)

    assert share(true, "unsupported") <= 0.03
    assert share(true, "weak") <= 0.15
    assert share(false, "supported") <= 0.05
