"""Papers to write out: a small library that has every field and every trap, and a strategy for any other."""

from __future__ import annotations

from hypothesis import strategies as st

from litreview.papers import Paper
from litreview.text.cleaning import clean_text, strip_controls

# As they come out of `litreview add`: texts are cleaned there, so no backslash and no lone brace is left.
LIBRARY = (
    Paper(
        key="vangansbeke2021raftmlp",
        title="RaftMLP: How 100% of {a, b} R&D & C# in x_1 ~5 T5?",
        abstract='We map {a,b} to #1 @article(x) at 5% for $3 ^ x_1 ~2 --fast "quoted" isn\'t <i>it</i>.',
        authors=(
            "Wouter Van Gansbeke",
            "Vaswani, Ashish",
            "{OpenAI}",
            "Laurens van der Maaten",
            "{Simon and Schuster, Inc.}",
            "King, Jr., Martin Luther",
            "José Núñez",
            "Plato",
            "Ann Anderson And Sons",
        ),
        author_count=9,
        organisation="R&D Lab {x, y}",
        published="2021-05-03",
        venue="NeurIPS 2021",
        doi="10.1000/a_b--c(1)<2>;3#%x",
        arxiv_id="2108.04384",
        url="https://example.org/~ann/x_y%20{z}?q=1&r=2#s",
        comments=7,
        tags=("token mixing", "vision, language", "R&D"),
    ),
    Paper(
        key="lee2020a",
        title="Mixing tokens with Fourier transforms: Why “MLPs” are enough",
        abstract="=SUM(A1) is how this abstract begins.",
        authors=("Lee, Ann",),
        published="2020-11",
        tags=("vision, language",),
        venue="Journal of Machine Learning Research",
        comments=0,
    ),
    Paper(
        key="mlpmemory2025",
        title="-1 is not enough",
        author_count=12,
        organisation="Ocean Lab",
        published="2025",
        arxiv_id="cs.cl/0001001",
        tags=("+1",),
    ),
    Paper(key="blog", title="@home with no date", venue="Some Blog & Co.", url="https://example.org/a{b"),
    Paper(key="b:c.d+e-f_g", title="汉语 Ελληνικά 𝔸stral", authors=("王 小明",), published="2024-02-29"),
)

_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
_PIECES = r"""
    $x_1$ \alpha 100% { } {a, b} ~ " ' '' `` ` -- --- # & _ ^ $5 @article{x, TY••-•JOUR ER••-• \ ; , = + <i>
    &amp; GPT-4 Word word : é 𝔸 http://a.b/c_d • •and• ⏎ ⏎@misc{k,•title={T}}⏎
""".split()
_TEXLIKE = st.lists(
    st.sampled_from(_PIECES).map(lambda piece: piece.replace("•", " ").replace("⏎", "\n")),
    min_size=1,
    max_size=12,
).map("".join)
_ANY = _TEXT | _TEXLIKE
_TITLE_FORM = _ANY.map(clean_text).filter(bool)


def _is_plain(text: str) -> bool:
    """Whether a text is what every import makes of it, TeX or not."""
    return clean_text(text) == text == strip_controls(text) and bool(text)


_PLAIN = _TITLE_FORM.filter(_is_plain)
_NAMES = st.sampled_from(
    "Ann Lee;Lee, Ann;Laurens van der Maaten;Wouter Van Gansbeke;King, Jr., Martin Luther;{OpenAI};Plato"
    ";{Barnes and Noble, Inc.};José Núñez;王 小明;J.-P. Müller;Ann O'Neill;Ann And Lee;Lee and Sons"
    ";others lee;de la Cruz, María;X_1 Y;100% R&D;bell hooks".split(";")
)
# An address in `howpublished` is no venue to whoever reads BibTeX.
_VENUES = st.sampled_from(["NeurIPS 2021", "Journal of X", "A. Blog"]) | _PLAIN.filter(
    lambda v: "//" not in v
)
_TAGS = _PLAIN.filter(lambda tag: ";" not in tag and any(map(str.isalnum, tag)))

PAPERS = st.lists(
    st.builds(
        Paper,
        key=st.from_regex(r"[A-Za-z][A-Za-z0-9_:.+-]{0,11}", fullmatch=True),
        title=_PLAIN,
        abstract=st.none() | _PLAIN,
        authors=st.lists(_NAMES, max_size=3).map(tuple),
        author_count=st.none() | st.integers(min_value=1, max_value=10**6),
        organisation=st.none() | _PLAIN,
        published=st.sampled_from([None, "2025", "2025-08", "2024-02-29", "1991-12-31"]),
        venue=st.none() | _VENUES,
        doi=st.sampled_from([None, "10.18653/v1/p19-1001", "10.1000/a_b--c(1)<2>;3#%x", "10.1000/{a}~b&c"]),
        arxiv_id=st.sampled_from([None, "2108.04384", "cs.cl/0001001"]),
        url=st.sampled_from([None, "https://example.org/~a/x_y%20{z}?q=1&r=2#s", "ftp://x.org/a--b"]),
        comments=st.none() | st.integers(min_value=0, max_value=99),
        tags=st.lists(_TAGS, max_size=3).map(tuple),
    ),
    max_size=4,
    unique_by=lambda paper: paper.key,
)


def differences(before: tuple[Paper, ...] | list[Paper], after: tuple[Paper, ...]) -> list[str]:
    """What two lists of papers do not share, field by field; sources are not compared."""
    if len(before) != len(after):
        return [f"{len(before)} papers, and then {len(after)}"]
    return [
        f"{old.key}: {field}: {getattr(old, field)!r} became {getattr(new, field)!r}"
        for old, new in zip(before, after, strict=True)
        for field in Paper.model_fields
        if field != "sources" and getattr(old, field) != getattr(new, field)
    ]
