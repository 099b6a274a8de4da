"""Marks that do not belong into prose, and the many things that only look like them."""

from __future__ import annotations

import pytest

from litreview.checking import stray_marks


@pytest.mark.parametrize(
    "text",
    [
        "Depth helps [3].",
        "Depth helps [P3].",
        "Depth helps [1, 2].",
        "Depth helps [1–3] a lot.",
        "Depth helps (P3).",
        "Depth helps (P3, P4).",
        "Depth helps [@smith2020depth].",
        "Depth helps [see @smith2020depth, p. 3].",
        "As @smith2020depth shows, depth helps.",
        "Depth helps \\cite{smith}.",
        "Depth helps \\citep[p. 3]{smith,lee}.",
        "Depth helps (Smith et al., 2020).",
        "Depth helps (Smith and Lee, 2020).",
        "Depth helps (Smith & Lee 2020).",
        "Depth helps (Smith, 2020; Lee, 2021).",
        "Smith et al. (2020) show that depth helps.",
        "Depth helps (see Smith et al., 2020a).",
        "Depth helps【3】.",
        "Depth helps ［３］.",
        "Depth helps [^1].",
        "Depth helps [Smith et al., 2020].",
        "Depth helps as P3 reports.",
    ],
)
def test_citation_marks_are_found(text: str) -> None:
    marks = stray_marks(text, ids=["P3"])
    assert marks[0].startswith("a citation mark")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Depth helps, see https://example.org/x.", "a link"),
        ("Depth [helps](http://x.org).", "a link"),
        ("Depth [helps](x).", "a link"),
        ("See www.example.org for more.", "a link"),
        ("See doi:10.1000/xyz for more.", "a link"),
        ("See arXiv:2101.00001 for more.", "a link"),
        ("Click javascript:alert(1) now.", "a link"),
        ("Open data:text/html;base64,PHNjcmlwdD4= now.", "a link"),
        ("Depth \\input{/etc/passwd} helps.", "a TeX command"),
        ("Write to <me@example.org> now.", "a link"),
        ("Depth ![helps](x.png).", "an image"),
        ("Depth <b>helps</b>.", "HTML"),
        ("Depth <img src=x onerror=alert(1)> helps.", "HTML"),
        ("Depth <!-- not --> helps.", "HTML"),
        ("Depth&nbsp;helps.", "HTML"),
        ("# Depth helps", "a heading or a list"),
        ("- Depth helps", "a heading or a list"),
        ("Depth\n## helps", "a heading or a list"),
        ("> Depth helps", "a heading or a list"),
        ("**Depth** helps", "emphasis"),
        ("__Depth__ helps", "emphasis"),
        ("*Depth* helps", "emphasis"),
        ("_Depth_ helps", "emphasis"),
        ("\\textbf{Depth} helps", "emphasis"),
        ("`Depth` helps", "code"),
        ("```\nDepth\n```", "code"),
    ],
)
def test_markup_is_found(text: str, kind: str) -> None:
    assert any(mark.startswith(kind) for mark in stray_marks(text))


@pytest.mark.parametrize(
    "text",
    [
        "Scores lie in the range [1, 5] and weights in [0, 1].",
        "Recall@20 and P@5 rise on A* search, and B* does not.",
        "Training on COCO (2017) and ImageNet (December 2020) helps (n = 12).",
        "With p < 0.05 and q > 0.1, a < b > c holds.",
        "Tokens such as <mask> and <EOS> are left out, R&D as well.",
        "The P100 GPU and the P300 wave (P300) are not papers.",
        "It costs $5 and 3 * 4 * 5 steps, or snake_case_names.",
        "In 2020, 40 groups took part; Lee's method won (see above).",
        "F(x) = x^2 [sic] and the 'model's' list (a, b, c).",
        "Performance drops by 5% - a small change.",
        "Three kinds of data: text, images and sound; see the \\alpha of it.",
    ],
)
def test_plain_prose_is_left_alone(text: str) -> None:
    assert stray_marks(text, ids=["P1", "P2"]) == ()


def test_an_id_that_is_a_name_in_the_papers_is_no_mark() -> None:
    text = "The P3 wave is delayed."
    assert stray_marks(text, ids=["P3"], sources=["The P3 component comes late."]) == ()
    assert stray_marks(text, ids=["P3"], sources=["Nothing of it."]) != ()
