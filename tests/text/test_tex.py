from __future__ import annotations

import pytest

from litreview.text.tex import decode_tex


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (r"\textbf{bold} {\em and} \emph{slanted}", "bold and slanted"),
        (r"{R}o{BERT}a is {superior indeed}", "RoBERTa is superior indeed"),
        (r"we propose \method, and \method{} wins", "we propose method, and method wins"),
        (r"x\allowbreak-y/\allowbreak z", "x-y/z"),
        (r"\unknown{argument} stays", "unknown argument stays"),
        (r"see \footnote{there} and \href{http://a.b}{here}", "see  (there) and here (http://a.b)"),
        (r"\begin{itemize}\item one\end{itemize}", "   one "),
        ("Strip_MLP{https://x.y/z", "Strip_MLP https://x.y/z"),
        ("a } b { c", "a   b   c"),
    ],
)
def test_commands_and_braces_leave_their_words(raw: str, plain: str) -> None:
    assert decode_tex(raw) == plain


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (r"Erd\H{o}s and P\'osa", "Erdős and Pósa"),
        (r"G{\"o}del, Fran\c{c}ois, \v Cech, {\'E}clair", "Gödel, François, Čech, Éclair"),
        (r"S\o ren, {\L}ukasz, \AA, Stra\ss{}e", "Søren, Łukasz, Å, Straße"),
        (r"na\"{\i}ve", "naïve"),
        (r"don\'t, it\'s", "don't, it's"),
        (r"\"quoted\"", '"quoted"'),
        (r"\~{}", "~"),
    ],
)
def test_accents_are_composed(raw: str, plain: str) -> None:
    assert decode_tex(raw) == plain


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (r"$O(n \log n)$ and $\mathcal{O}(d^{kq})$", "O(n log n) and O(d^(kq))"),
        (r"$10^{-3}$, $x_{max}$, $x_{i,j}$, the $5^{th}$", "10^-3, x_max, x_(i,j), the 5th"),
        (r"$\frac{1}{2}$ of $\frac{\sqrt{a+b}}{2k}$, $\frac12$", "1/2 of (√(a+b))/2k, 1/2"),
        (r"$\alpha \leq \varepsilon \rightarrow \infty$", "α ≤ ε → ∞"),
        (r"$f:\{0,1\}^n\to\{-1, 1\}$", "f:{0,1}^n→{-1, 1}"),
        (r"$\tilde{O}(n)$ and $x \not\in S$", "Õ(n) and x ∉ S"),
        (r"45$^\circ$C", "45^∘C"),
        (r"(\$5 \cdot 3)", "($5 · 3)"),
        ("mathcal{O}(n)", "mathcal O(n)"),
        (r"$k$-means, G$_i$2P", "k-means, G_i2P"),
        (r"\frac{a", "a"),
    ],
)
def test_simple_maths_is_readable(raw: str, plain: str) -> None:
    assert decode_tex(raw) == plain


@pytest.mark.parametrize(
    "text",
    ["it costs $5 and $10", "from $20/month to US$ 30", "the $5 million or A$ 7", "cheap: 2T$, no more"],
)
def test_money_keeps_its_dollar_sign(text: str) -> None:
    assert decode_tex(text) == text


def test_money_beside_maths() -> None:
    assert (
        decode_tex("it costs $5 for $n$ items and $10 for $2n$") == "it costs $5 for n items and $10 for 2n"
    )
