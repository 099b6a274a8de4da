"""Words that bound or spoil a noun phrase, for finding headings without a tagger."""

from __future__ import annotations

# Verbs of academic prose in their base form; a phrase ends before them.
VERBS = frozenset(
    "achieve adapt address adopt advocate aim alleviate allow analyse analyze apply argue assess assign"
    " attain attempt become begin believe benefit boost bring build calculate call capture cause claim"
    " combine compare compete complicate compress comprise compute conclude conduct confirm consider"
    " consist construct contain contribute correlate cover create decode decompose define deliver delve"
    " demonstrate depend derive describe design develop differ discover discuss eliminate elucidate emerge"
    " employ enable encode encompass encounter encourage enforce enhance ensure establish evaluate exceed"
    " excel exhibit exist explain exploit explore express extend face facilitate fail fall find follow"
    " force formulate foster gain generate get give go grow guarantee handle help hinder identify"
    " illustrate implement improve incorporate increase incur indicate inspire integrate interact"
    " introduce investigate involve keep know lack lead learn leverage lie limit maintain make manage"
    " match mitigate motivate obtain occur offer optimise optimize outline outperform overcome perform"
    " play pose posit possess predict present preserve prevent process produce propose prove provide"
    " pursue push put raise rank reach receive reduce reflect rely remain remove replace report represent"
    " reproduce require resolve result retain rethink reveal see seek seem select serve share show"
    " showcase simplify solve struggle study suffer suggest support surpass tackle take tend train"
    " transform treat uncover underlie understand undertake unveil update use utilise utilize validate"
    " vary verify want yield matter power".split()
)

# Forms of verbs that no rule makes.
IRREGULAR_FORMS = frozenset(
    "applied applies are based be became been being brought built called can carried carries chosen"
    " compared could did do does dropped drops found gave given got grown had has have identified"
    " identifies implied implies is kept known led made may might must named proposed relied relies seen"
    " shall should shown simplified simplifies studied studies taken termed thought understood varied"
    " varies verified verifies was were will would mixes".split()
)

# Forms of these verbs that are nouns more often than verbs.
NOUNS_LIKE_VERBS = frozenset(
    "benefit building design face gain gains learning limits match modeling play process processing"
    " pruning report result results share study support training transform understanding".split()
)

# Words of praise, number and order: a phrase that holds one is praise, not a name.
WEAK = frozenset(
    "able actual additional advanced al another available average bad best better both broad broader"
    " certain challenging common comparable competitive comprehensive consistent conventional correct"
    " corresponding critical crucial current day-to-day deeper desirable desired different difficult"
    " diverse due e.g early easy effective efficient eight either empirical end-to-end entire especially"
    " essential et etc even ever- excellent existing experimental extensive extra fast faster few fewer"
    " final first five four full fundamental further general good great growing hard high high-quality"
    " higher highest i.e important impressive incorrect inherent initial innovative input key large"
    " large-scale larger last late least less like little long long-standing low lower lowest main major"
    " many maximum minimum modern more most much multiple namely narrow necessary negligible neither new"
    " next nine notable novel numerous off-the-shelf often one one-step open-source optimal original other"
    " out-of-the-box output overall own particular plain plug-and-play poor popular possible potential"
    " powerful practical previous previously prior promising proposed pure rapid real real-world recent"
    " relevant remaining remarkable resource-friendly respective resulting rich richer robust same second"
    " seven several short significant significantly similar simple simultaneously single six slow small"
    " smaller so-called specific standard state-of-the-art still strong subsequent substantial successful"
    " such sufficient superior surprising ten third three total traditional true two typical underlying"
    " unified unique unlike useful usually various vs well-known whole wide widely wider yet".split()
)

# Nouns of any abstract: they name no subject.
EMPTY = frozenset(
    "abilities ability accuracy addition advance advances advantage advantages aim aims algorithm"
    " algorithms amount analysis application applications approach approaches architecture architectures"
    " area areas art aspect aspects attempt attempts author authors baseline baselines basis behavior"
    " behaviors behaviour behaviours benchmark benchmarks billion billions capabilities capability case"
    " cases challenge challenges choice choices code codes comparison comparisons component components"
    " concept concepts concern concerns conclusion conclusions consequence consequences context contexts"
    " contrast contribution contributions core cost costs data dataset datasets degree demand demands"
    " design designs difficulties difficulty direction directions domain domains dozen effect"
    " effectiveness effects efficiency emphasis era evaluation evaluations evidence example examples"
    " experiment experiments extent fact factor factors failure failures families family feature features"
    " field fields figure finding findings focus form forms framework frameworks gap goal goals group"
    " groups hand hundred hundreds idea ideas impact impacts implementation implementations importance"
    " improvement improvements information input inputs insight insights instance interest interests"
    " interpretation interpretations introduction investigation issue issues kind kinds lack level levels"
    " limitation limitations line lines literature loss losses lot majority manner manners method methods"
    " metric metrics million millions minority model models module modules need needs network networks"
    " number numbers order outperforms output outputs pair pairs paper papers paradigm paradigms part"
    " parts percent percentage performance perspective perspectives phenomena phenomenon pipeline"
    " pipelines point points potential power problem problems procedure process processes progress"
    " properties property purpose purposes quality question questions range ranges research result results"
    " rise role roles scale scales scenario scenarios score scores section series set sets setting"
    " settings size sizes solution solutions source sources state step steps strategies strategy studies"
    " study success system systems table task tasks technique techniques term terms thousand thousands"
    " time times trend type types understanding use value values variant variants variety view views way"
    " ways wealth work works world world-wide year years".split()
)

# Empty nouns that may open a phrase all the same ("data augmentation").
MODIFYING = frozenset("context data feature information model network process system task time".split())

# Heads that name how something is measured rather than what is studied.
MEASURES = frozenset(
    "abilities ability accuracies accuracy bleu budget budgets capabilities capability complexity"
    " convergence cost costs effectiveness efficiency f1 footprint gain gains hyperparameters improvement"
    " improvements information latency loss losses margin margins memory-usage metric metrics overhead"
    " overheads parameters performance precision prediction predictions quality rate rates ratio ratios"
    " recall robustness score scores size sizes speed speedup throughput time weights measure measures"
    " property properties resolution resolutions sample samples setting settings task tasks".split()
)

# Words in -ing that may open a phrase; others there are verbs ("extracting features").
NOUNS_IN_ING = frozenset(
    "hearing learning processing reading reasoning routing spelling testing training writing".split()
)

# Nouns whose ending looks like an adjective's.
HEADS = frozenset(
    "adjustment agent agreement alignment alternative anomaly argument arithmetic assembly assessment"
    " assistant attention bed binary boundary coefficient comment commentary component constant content"
    " deployment derivative detriment development dialogue dictionary document element embedding"
    " engagement enhancement enrichment ensemble entailment environment experiment fabric family feed"
    " garment gradient heuristic improvement increment interval investment journal judgment library logic"
    " management material measurement metric moment movement narrative need objective parliament"
    " participant patient perspective physic placement polynomial portal potential proposal quadrant"
    " recruitment refinement removal reply request retrieval seed segment sentiment signal speech speed"
    " statement summary supply table test token topic traffic transplant treatment tutorial variable"
    " variant vocabulary".split()
)

# Prepositions and the like that are no stop words, but end a phrase.
PREPOSITIONS = frozenset(
    "accordingly across additionally along alongside already amid based behind beyond concerning"
    " consequently despite ever furthermore given hence including instead like meanwhile moreover namely"
    " nevertheless nonetheless overall per rather regarding thereby throughout towards unlike upon versus"
    " via whilst yet".split()
)
