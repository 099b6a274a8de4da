"""The check of whole claims and drafts."""

from __future__ import annotations

import pytest

from litreview.answers import Claim, DraftAnswer, DraftClaim, DraftEvidence, DraftGroup
from litreview.checking import PreparedPapers, check, check_claim
from litreview.papers import Paper

PAPERS = {
    "P1": Paper(
        key="lee2020depth",
        title="Depth Is What You Need",
        abstract="We compare deep and wide networks. Deep networks reach 82.1% accuracy on ImageNet. Enough.",
        published="2020",
    ),
    "P2": Paper(
        key="kim2021width",
        title="Width Beats Depth",
        abstract="Wide networks train faster than deep ones on small data. They need 40% more memory.",
        published="2021",
    ),
}
DEEP = "Deep networks reach 82.1% accuracy on ImageNet"
WIDE = "Wide networks train faster than deep ones on small data"


def claim(text: str, *evidence: tuple[str, str]) -> DraftClaim:
    return DraftClaim(
        text=text, evidence=tuple(DraftEvidence(paper=paper, quote=quote) for paper, quote in evidence)
    )


def checked(text: str, *evidence: tuple[str, str]) -> Claim:
    return check_claim(claim(text, *evidence), PAPERS)


def explained(text: str, *evidence: tuple[str, str]) -> tuple[str, ...]:
    draft = DraftAnswer(groups=(DraftGroup(heading="H", claims=(claim(text, *evidence),)),))
    (failure,) = check(draft, PAPERS).failures
    return failure.explanations


def test_a_claim_with_its_words_is_supported_and_shows_the_papers_own_words() -> None:
    found = checked("Deep networks reach 82.1% on ImageNet.", ("P1", DEEP.upper()))
    assert (found.verdict, found.reasons, found.citations) == ("supported", (), ("lee2020depth",))
    (evidence,) = found.evidence
    assert evidence.quote == DEEP
    assert (PAPERS["P1"].abstract or "")[evidence.start : evidence.end] == DEEP


def test_the_text_of_a_claim_is_never_edited() -> None:
    text = "  Deep\u00a0networks [3] reach 82.1% on **ImageNet** "
    assert checked(text, ("P1", DEEP)).text == text


@pytest.mark.parametrize(
    "name", ["P3", "p1", "Ｐ1", "P1\u200b", "P1\u00a0", "P 1", "P01", "", "lee2020depth", "Р1"]
)
def test_ids_match_exactly(name: str) -> None:
    found = checked("Deep networks reach 82.1%.", (name, DEEP))
    assert (found.verdict, found.reasons, found.citations) == ("unsupported", ("unknown-paper",), ())
    assert found.evidence[0].model_dump() == {
        "key": name,
        "quote": DEEP,
        "part": "abstract",
        "start": None,
        "end": None,
    }


def test_white_space_around_an_id_is_forgiven() -> None:
    assert checked("Deep networks reach 82.1% on ImageNet.", (" P1\n", DEEP)).citations == ("lee2020depth",)


def test_an_unknown_id_is_told_where_its_words_stand() -> None:
    assert explained("Deep networks reach 82.1%.", ("P9", DEEP)) == (
        "unknown-paper: there is no paper 'P9'; the words stand in P1",
    )


def test_a_quote_of_another_paper_names_it() -> None:
    (line,) = explained("Wide networks train faster.", ("P1", WIDE))
    assert line.startswith("wrong-paper: ")
    assert line.endswith("these words stand in P2")


def test_an_altered_quote_names_the_words() -> None:
    (line,) = explained("Deep networks reach high accuracy.", ("P1", DEEP.replace("accuracy", "precision")))
    assert line == "altered-quote: P1 says 'accuracy', the quote says 'precision'"


@pytest.mark.parametrize(
    ("quote", "reason", "part"),
    [
        ("", "quote-not-found", "is empty"),
        ("…", "quote-not-found", "is empty"),
        ("on ImageNet", "short-quote", "too short"),
        ("82.1% accuracy on ImageNet", "short-quote", "too short"),
        ("in winter", "quote-not-found", "do not"),
        ("birds fly south in winter", "quote-not-found", "do not"),
    ],
)
def test_a_quote_that_shows_nothing_has_its_reason(quote: str, reason: str, part: str) -> None:
    (line,) = explained("Deep networks do well.", ("P1", quote))
    assert line.startswith(f"{reason}: ")
    assert part in line


def test_one_bad_quote_makes_a_claim_unsupported() -> None:
    found = checked("Deep networks reach 82.1% on ImageNet.", ("P1", DEEP), ("P2", DEEP), ("P7", DEEP))
    assert (found.verdict, found.reasons) == ("unsupported", ("wrong-paper", "unknown-paper"))
    assert found.citations == ("lee2020depth", "kim2021width")


@pytest.mark.parametrize(
    ("text", "evidence", "reason"),
    [
        ("Deep networks reach 82.1%.", (), "uncited"),
        ("", (("P1", DEEP),), "uncited"),
        (" \u200b.", (("P1", DEEP),), "uncited"),
        ("Deep networks reach 82.1% [1].", (("P1", DEEP),), "stray-citation"),
        ("Deep networks reach \x1b[31m82.1%.", (("P1", DEEP),), "hidden-character"),
        ("Deep networks reach \u202e82.1%.", (("P1", DEEP),), "hidden-character"),
        ("Deep net\u200bworks reach 82.1%.", (("P1", DEEP),), "hidden-character"),
        ("Deep networks reach 82.1%.\U000e0041", (("P1", DEEP),), "hidden-character"),
        ("Deep networks reach 82.1%\ufe01.", (("P1", DEEP),), "hidden-character"),
    ],
)
def test_the_form_of_a_claim(text: str, evidence: tuple[tuple[str, str], ...], reason: str) -> None:
    found = checked(text, *evidence)
    assert found.verdict == "unsupported"
    assert reason in found.reasons


def test_nothing_is_erased_in_silence() -> None:
    good = claim("Deep networks reach 82.1% on ImageNet.", ("P1", DEEP))
    bad = claim("Wide networks are slow.", ("P2", "wide networks are slow on all data"))
    draft = DraftAnswer(
        groups=(
            DraftGroup(heading="Both", claims=(good, bad)),
            DraftGroup(heading="Lost", claims=(bad,)),
        )
    )
    result = check(draft, PreparedPapers.of(PAPERS))
    assert [group.heading for group in result.groups] == ["Both"]
    assert [c.text for c in result.groups[0].claims] == [good.text]
    assert [c.text for c in result.removed] == [bad.text, bad.text]
    assert [failure.heading for failure in result.failures] == ["Both", "Lost"]
    assert all(failure.draft == bad and failure.explanations for failure in result.failures)
    assert all(failure.claim in result.removed for failure in result.failures)


def test_an_empty_draft_is_an_empty_answer() -> None:
    result = check(DraftAnswer(groups=()), PAPERS)
    assert (result.groups, result.removed, result.failures) == ((), (), ())


def test_white_space_of_any_kind_is_not_hidden() -> None:
    text = "Deep\u00a0networks\u202freach\n82.1% on ImageNet."
    assert checked(text, ("P1", DEEP)).verdict == "supported"


def test_headings_and_gaps_with_marks_are_kept_and_noted() -> None:
    good = claim("Deep networks reach 82.1% on ImageNet.", ("P1", DEEP))
    draft = DraftAnswer(
        groups=(
            DraftGroup(heading="See [here](http://x.org)", claims=(good,)),
            DraftGroup(heading="Plain words", claims=(good,)),
            DraftGroup(heading="A \u202eheading", claims=(good,)),
        ),
        gaps=("None reports <b>speed</b>.", "None reports cost."),
    )
    result = check(draft, PAPERS)
    assert [group.heading for group in result.groups] == [group.heading for group in draft.groups]
    assert result.removed == ()
    assert result.notes == (
        "the heading 'See [here](http://x.org)' holds a link '](http://x.org)'",
        "the heading 'A \\u202eheading' holds U+202E",
        "the gap 'None reports <b>speed</b>.' holds HTML '<b>'",
    )
