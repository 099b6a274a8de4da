"""What the commands of TeX that turn up in abstracts stand for. Names are without their backslash."""

from __future__ import annotations

import unicodedata

# Combining characters; each takes the letter that follows.
ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "H": "\u030b", "u": "\u0306", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331", "tilde": "\u0303", "widetilde": "\u0303", "hat": "\u0302", "widehat": "\u0302",
    "bar": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306",
    "acute": "\u0301", "grave": "\u0300", "mathring": "\u030a",
}  # fmt: skip

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau"
    " upsilon phi chi psi omega"
).split()


def _greek() -> dict[str, str]:
    letters = {}
    for name in _GREEK:
        unicode_name = name.upper().replace("LAMBDA", "LAMDA")
        letters[name] = unicodedata.lookup(f"GREEK SMALL LETTER {unicode_name}")
        letters[name.capitalize()] = unicodedata.lookup(f"GREEK CAPITAL LETTER {unicode_name}")
    for name in ("epsilon", "theta", "phi", "rho", "kappa", "pi"):
        letters[f"var{name}"] = letters[name]
    return letters | {"varsigma": "ς", "eps": "ε"}


_SPACES = (
    "par newline linebreak newpage quad qquad enspace thinspace space item smallskip medskip textbackslash"
)

# A command and its sign, in turn.
_SIGNS = (
    "times × cdot · ast * star * pm ± mp ∓ div ÷ le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ ne ≠ neq ≠"
    " ll ≪ gg ≫ approx ≈ simeq ≃ cong ≅ equiv ≡ propto ∝ infty ∞ partial ∂ nabla ∇ sum ∑ prod ∏ int ∫ in ∈"
    " notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ cup ∪ cap ∩ setminus ∖ emptyset ∅ forall ∀"
    " exists ∃ neg ¬ lnot ¬ land ∧ wedge ∧ lor ∨ vee ∨ bigcup ⋃ bigcap ⋂ ltimes ⋉ rtimes ⋊ oplus ⊕ otimes"
    " ⊗ odot ⊙ oslash ⊘ circ ∘ bullet • perp ⊥ parallel ∥ mid | vert | Vert ‖ | ‖ langle ⟨ rangle ⟩ lceil"
    " ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ to → rightarrow → leftarrow ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐"
    " Leftrightarrow ⇔ mapsto ↦ longrightarrow → uparrow ↑ downarrow ↓ ldots … dots … cdots … dotsc …"
    " textellipsis … ell ℓ prime ′ colon : lbrace { rbrace } deg ° degree ° textdegree ° checkmark ✓ dag †"
    " dagger † S § P ¶ copyright © textregistered ® texttrademark ™ pounds £ euro € textendash –"
    " textemdash — textquoteleft ‘ textquoteright ’ textquotedblleft “ textquotedblright ” textasciitilde"
    " ~ textunderscore _ textperthousand ‰ textbar | textless < textgreater >"
).split()

SYMBOLS = (
    _greek()
    | dict(zip(_SIGNS[::2], _SIGNS[1::2], strict=True))
    | dict.fromkeys([*_SPACES.split(), *"\\ ,;:[]", ""], " ")
)

# Letters of their own: a space after them only ends the command, it is not part of the word.
LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "i": "ı", "j": "ȷ",
}  # fmt: skip

# Commands that only dress what follows.
DRESS = frozenset(
    "textbf textit textsl textsc texttt textrm textsf textmd textup textnormal text emph underline uline mbox"
    " hbox fbox mathbf mathit mathrm mathsf mathtt mathcal mathbb mathfrak mathscr boldsymbol bm pmb cal"
    " operatorname overline overrightarrow url path bf bfseries em it itshape rm sc scshape sf sl tt ttfamily"
    " normalfont tiny small footnotesize scriptsize normalsize large Large LARGE huge Huge left right big Big"
    " bigg Bigg bigl bigr limits nolimits displaystyle textstyle centering noindent allowbreak nobreak"
    " protect ensuremath xspace textsuperscript textsubscript cite citep citet citealp ref".split()
)
NOTHING = frozenset("-/!@()+")
ARITY = {"frac": 2, "dfrac": 2, "tfrac": 2, "binom": 2, "href": 2, "sqrt": 1, "footnote": 1, "begin": 1,
          "end": 1, "not": 1}  # fmt: skip
