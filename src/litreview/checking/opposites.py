"""Words that point one way or the other, by what they are about. Written by hand from what abstracts say."""

from __future__ import annotations

from functools import lru_cache

from litreview.text.words import stem

# An axis is one pole, a bar and the other pole; a semicolon ends it.
_AXES = """
increase increased increases increasing rise rises rising rose raise raised raising higher high highest more
greater greatest larger large largest elevated elevate grow grows grew growth gain gains up upward expand
expansion exceed above longer enlarge enlarged escalate heighten heightened maximum maximal maximize |
decrease decreased decreases decreasing reduce reduced reduces reduction reducing lower lowered lowest low
less lesser fewer smaller small smallest decline declined declines declining drop drops dropped fall falls
fell diminish diminished shrink shrinks down downward below shorter shorten cut cuts loss losses minimum
minimal minimize ;
better best improve improved improves improving improvement improvements outperform outperforms outperformed
superior surpass surpasses beat beats win wins excel excels benefit benefits | worse worst worsen worsens
degrade degrades degraded degradation deteriorate deteriorates underperform underperforms underperformed
inferior lag lags lagging hurt hurts harm harms impair impairs impaired impairment suffer suffers ;
activate activates activated activation promote promotes promoted enhance enhances enhanced stimulate
stimulates stimulation induce induces induced induction facilitate facilitates upregulate upregulates
upregulated upregulation enable enables allow allows support supports strengthen strengthens accelerate
accelerates augment agonist activator helps encourage | inhibit inhibits inhibited inhibition suppress
suppresses suppressed suppression block blocks blocked prevent prevents prevented prevention repress
represses repressed repression downregulate downregulates downregulated downregulation hinder hinders
attenuate attenuates attenuated weaken weakens impede impedes abolish abolishes disrupt disrupts delay
delays antagonist inhibitor restrain discourage ;
presence present | absence absent ;
include includes included including inclusion | exclude excludes excluded excluding exclusion ;
add adds added adding addition | remove removes removed removing removal omit omits ;
positive positively | negative negatively ;
similar similarly same identical comparable | different differently dissimilar ;
fast faster fastest quick quickly rapid rapidly | slow slower slowest slowly ;
easy easily easier simple simpler simplest simplicity | hard harder difficult difficulty complex complicated
complexity ;
cheap cheaper inexpensive | expensive costly ;
strong stronger strongest strongly strength robust | weak weaker weakest weakly weakness fragile brittle ;
early earlier | late later ;
always often frequently common commonly frequent | never rarely seldom rare infrequent infrequently ;
many several multiple numerous | few single ;
succeed succeeds success successful successfully | fail fails failure unsuccessful ;
accept accepts acceptance | reject rejects rejection ;
true correct correctly right | false incorrect incorrectly wrong ;
deep deeper | shallow shallower ;
dense | sparse ;
wide wider broad broader | narrow narrower ;
global globally | local locally ;
resistant resistance insensitive | sensitive sensitivity susceptible vulnerable ;
acute | chronic ;
benign | malignant ;
majority | minority ;
manual manually | automatic automatically automated ;
explicit explicitly | implicit implicitly ;
internal intrinsic intracellular | external extrinsic extracellular ;
direct directly | indirect indirectly ;
homogeneous | heterogeneous ;
agree agrees agreement | disagree disagrees disagreement contradict ;
major | minor ;
most | least fewest ;
old older | young younger new newer ;
begin begins start starts onset | end ends stop stops ;
open | closed ;
known | unknown ;
rich | poor ;
all every | none ;
"""

# Stems that only look like "un" or "in" before another word.
_NO_PREFIX = frozenset(
    {"inform", "increas", "intens", "invest", "impli", "import", "unit", "disease", "distanc", "invent"}
)
PREFIXES = ("un", "non", "dis", "mis", "in", "im", "ir", "il")
_ADJECTIVE = (
    "abl",
    "ibl",
    "ent",
    "ant",
    "iv",
    "ci",
    "at",
    "al",
    "act",
    "ect",
    "ur",
    "ert",
    "it",
    "ete",
    "ar",
)


def _read() -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for axis in _AXES.strip().rstrip(";").split(";"):
        high, _, low = axis.partition("|")
        name = high.split()[0]
        for words, sign in ((high, 1), (low, -1)):
            for word in words.split():
                found.setdefault(word, (name, sign))
                found.setdefault(stem(word), (name, sign))
    return found


# Word or stem to its axis and to +1 or -1.
AXES = _read()


# Stems of verbs that say who does what to whom: their sides cannot change places.
JOINING = frozenset(
    map(
        stem,
        "outperform surpass exceed beat underperform precede follow superior inferior better worse"
        " higher lower faster slower cause lead result regulate activate inhibit induce suppress promote"
        " prevent improve reduce increase decrease replace require depend predict contain include bind"
        " affect drive mediate trigger block enhance control".split(),
    )
)


@lru_cache(maxsize=100_000)
def denials_by_prefix(word: str) -> tuple[str, ...]:
    """Stems that would deny a stem, or that it denies, by a prefix: "stabl" and "unstabl"."""
    found = []
    if len(word) >= 4 and word not in _NO_PREFIX:
        # All prefixes deny adjectives, the first four any word.
        for prefix in PREFIXES if word.endswith(_ADJECTIVE) else PREFIXES[:4]:
            found.append(prefix + word)
            if word.startswith(prefix) and len(word) - len(prefix) >= 4:
                found.append(word[len(prefix) :])
    return tuple(other for other in found if other not in _NO_PREFIX)
