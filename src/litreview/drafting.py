"""From retrieved papers to a related-work section: by a model, or in the papers' own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .answering import (
    DEADLINE,
    Preview,
    PromptPreview,
    Writer,
    entries_of,
    flagged_in,
    opened,
    run_of,
    smaller,
    usage_of,
)
from .answers import Claim, Reference, Usage
from .checking.document import Document, check_documents
from .checking.shelf import Shelf
from .errors import ContextTooLong, LitreviewError, NothingSupported, RunNotFound
from .extractive import extract
from .extractive.aspects import synthesis_row
from .library import Library
from .llm.types import ChatModel, TokenUsage
from .papers import Paper
from .prompting import Prompts, record_of
from .related_work import Commission, Omission, RelatedWork, Theme
from .retrieval import Retrieved
from .runs import LibraryReplies, Run, new_run, save_run
from .text.pandoc import cited
from .writing import Budget, Cached, Recorded, Replayed, Workshop, prompt_tokens
from .writing.section import WrittenSection, compose_section
from .writing.themes import NO_ABSTRACT, Brief, prepare_themes

_PROMPTS = ("themes", "theme", "repair", "connect", "table")

_EDGE = "on the edge of the question: none of its sentences bears enough on it"
_EDGE_OF_OUTLINE = "on the edge of the question, or of every theme of the outline"
_TOO_LONG = "left out to keep to the length"
_REMOVED = "what was written about it did not stand its check"
_NOTHING_WRITTEN = "nothing was written about it"


async def write_section(
    library: Library, retrieved: Retrieved, writer: Writer, commission: Commission
) -> RelatedWork:
    """Have a model write a section from these papers, check every claim, and keep the run.

    Raises:
        NothingSupported: No claim stood its check.
        ProviderError: The server could not be reached, or cannot serve now.
        ModelError: A call cannot succeed as it is.
    """
    run = run_of(retrieved, writer, _PROMPTS).model_copy(update={"commission": commission})
    cache = Cached(writer.model, LibraryReplies(library)) if writer.cache else None
    return await _drafted(library, run, writer, Recorded(cache or writer.model, cache=cache))


async def rewrite_section(library: Library, run: Run, writer: Writer | None) -> RelatedWork:
    """The section of an earlier run, from the replies it kept, checked again.

    A run that ended without one is gone on with: only what it lacks is asked for, as a new run.

    Raises:
        RunNotFound: A reply is missing and there is nobody to ask.
    """
    commission = run.commission or Commission()
    if run.section is None:
        if writer is None:
            raise RunNotFound(
                f"the run {run.id!r} ended without a section ({run.error})", hint=f"litreview replay {run.id}"
            )
        new = new_run(run.retrieved, settings=run.settings, prompts=run.prompts)
        new = new.model_copy(update={"commission": commission})
        return await _drafted(library, new, writer, Recorded(Replayed(run.replies, writer.model)))
    if run.section.engine == "extractive":
        return run.section
    shop = Workshop(
        Replayed(run.replies, writer.model if writer else None),
        writer.prompts if writer else Prompts(),
        writer.deadline if writer else DEADLINE,
    )
    budget = Budget(context=run.settings["context"], reply=run.settings["reply"])
    brief = _brief(run.retrieved, commission, shop.prompts, budget)
    written = await compose_section(brief, shop, table=commission.table)
    return _section(library, run, written, brief, model=run.section.model, usage=run.section.usage)


def extract_section(library: Library, retrieved: Retrieved, commission: Commission) -> RelatedWork:
    """A section of the abstracts' own sentences, grouped; kept as a run like an extracted answer."""
    outline = {theme.heading: theme.focus for theme in commission.outline}
    answer = extract(retrieved, index=library, outline=outline)
    groups = answer.groups[: commission.style.themes] if not outline else answer.groups
    kept = _shortened([group.claims for group in groups], retrieved, commission.style.words)
    written = {theme.heading for theme in commission.outline if theme.kept}
    themes = tuple(
        Theme(heading=group.heading, claims=claims)
        for group, claims in zip(groups, kept, strict=True)
        if claims and group.heading not in written
    )
    papers = {item.paper.key or "": item.paper for item in retrieved.papers}
    reasons = {key: NO_ABSTRACT for key, paper in papers.items() if not paper.abstract}
    reasons |= {key: _EDGE_OF_OUTLINE if outline else _EDGE for key in answer.uncited if key not in reasons}
    reasons |= {
        claim.citations[0]: _kept(group.heading) if group.heading in written else _TOO_LONG
        for group in answer.groups
        for claim in group.claims
    }
    section = _assembled(retrieved, themes, reasons, commission=commission)
    if commission.table:
        rows = tuple(synthesis_row(papers[key]) for key in section.cited)
        section = section.model_copy(update={"table": rows})
    run = new_run(retrieved, answer=section.model_dump_json())
    run = run.model_copy(update={"commission": commission})
    named = section.model_copy(update={"run": run.id})
    return named if save_run(library, run.drafted(named)) else section


def preview_of_section(retrieved: Retrieved, writer: Writer, commission: Commission) -> Preview:
    """The prompt that plans, and what all calls of a section take at most.

    What the later prompts hold depends on the plan. They are counted with every paper in one theme, as many
    themes as may be, a repair and a connection that fill their calls.
    """
    brief = _brief(retrieved, commission, writer.prompts, writer.budget)
    planning = prepare_themes(brief)
    counter = writer.exact()
    first = PromptPreview(
        name=planning.prompt.name,
        system=planning.prompt.system,
        user=planning.prompt.user,
        tokens=prompt_tokens(planning.prompt, planning.schema, counter),
    )
    themes = len(commission.outline) or commission.style.themes
    theme = writer.prompts["theme"]
    records = sum(counter.count(record_of(id, paper).line) for id, paper in brief.papers.items())
    written = themes * counter.count(theme.system + theme.user) + records
    sent = first.tokens + written + 2 * (writer.budget.context - writer.budget.reply)
    replies = (themes + 3) * writer.budget.reply
    usage = TokenUsage(prompt_tokens=sent, completion_tokens=replies)
    return Preview(
        server=str(writer.model.identity.get("server", "")),
        model=str(writer.model.identity.get("model", "")),
        calls=themes + 3,
        prompts=(first,),
        prompt_tokens=sent,
        exact=False,
        reply_tokens=replies,
        cost=round(writer.price.cost(usage), 6) if writer.price else None,
        left_out=tuple(item.paper.key or "" for item in retrieved.papers if not item.paper.abstract),
    )


async def _drafted(library: Library, run: Run, writer: Writer, recorded: Recorded) -> RelatedWork:
    commission = run.commission or Commission()
    try:
        async with opened(writer.model):
            brief, written = await _composed(run.retrieved, recorded, writer, commission)
        section = _section(
            library,
            run,
            written,
            brief,
            model=next((reply.completion.model for reply in recorded.replies if reply.completion), None),
            usage=usage_of(recorded.made, writer.price),
        )
    except LitreviewError as error:
        save_run(library, run.failed(error, recorded.replies))
        raise
    settings = {**run.settings, **brief.budget.model_dump()}
    ended = run.model_copy(update={"settings": settings}).drafted(section, replies=recorded.replies)
    if not save_run(library, ended):
        section = section.model_copy(update={"run": None})
    if not section.themes and not any(theme.kept for theme in commission.outline):
        raise NothingSupported(
            f"nothing the model {section.model!r} wrote could be supported by the abstracts:"
            f" {len(section.removed)} claims removed (run {run.id})",
            hint="litreview draft … --engine extractive",
        )
    return section


async def _composed(
    retrieved: Retrieved, model: ChatModel, writer: Writer, commission: Commission
) -> tuple[Brief, WrittenSection]:
    """Compose; once more with smaller calls if the model's context turns out to be smaller."""
    shop = Workshop(model, writer.prompts, writer.deadline, watch=writer.watch)
    brief = _brief(retrieved, commission, writer.prompts, writer.budget)
    try:
        return brief, await compose_section(brief, shop, table=commission.table)
    except ContextTooLong as error:
        brief = brief._replace(budget=smaller(brief.budget, error))
    return brief, await compose_section(brief, shop, table=commission.table)


def _brief(retrieved: Retrieved, commission: Commission, prompts: Prompts, budget: Budget) -> Brief:
    numbered = enumerate(retrieved.papers, start=1)
    return Brief(
        question=retrieved.question,
        papers={f"P{number}": item.paper for number, item in numbered if item.paper.abstract},
        style=commission.style,
        outline=commission.outline,
        prompts=prompts,
        budget=budget,
    )


def _section(
    library: Library, run: Run, written: WrittenSection, brief: Brief, *, model: str | None, usage: Usage
) -> RelatedWork:
    themes, fallen = withstanding(written.themes, library)
    removed = (*written.removed, *fallen)
    keys = {id: paper.key or "" for id, paper in brief.papers.items()}
    kept = {theme.heading for theme in brief.outline if theme.kept}
    reasons = {item.paper.key or "": NO_ABSTRACT for item in run.retrieved.papers if not item.paper.abstract}
    reasons |= {keys[id]: reason for id, reason in written.omitted.items()}
    reasons |= {
        keys[id]: _kept(theme.heading)
        for theme in written.planned
        if theme.heading in kept
        for id in theme.papers
    }
    # An unsupported claim may name ids that no paper has; what it cites is looked up by key.
    about = {key for claim in removed for key in claim.citations}
    reasons |= {key: _REMOVED for key in about if key not in reasons}
    commission = run.commission or Commission()
    section = _assembled(run.retrieved, themes, reasons, commission=commission)
    return section.model_copy(
        update={
            "engine": "llm",
            "model": model,
            "table": tuple(row for row in written.table if row.key in section.cited),
            "removed": removed,
            "repaired": written.repaired,
            "usage": usage,
            "run": run.id,
        }
    )


def withstanding(themes: Sequence[Theme], library: Library) -> tuple[tuple[Theme, ...], list[Claim]]:
    """Themes without the claims that fail the check of documents, and those claims.

    The check of an answer knows the quotations of each claim, the check of a document only what it cites. A
    draft that is handed out passes both.
    """
    lines: list[str] = []
    places: dict[int, Claim] = {}
    for theme in themes:
        for claim in theme.claims:
            lines.append(cited(claim.text, claim.citations))
            places[len(lines)] = claim
        lines.append("")
    report = check_documents([Document("draft", "\n".join(lines))], Shelf(library=library))
    reasons: dict[Claim, list[str]] = {}
    for found in report.claims:
        if found.verdict == "unsupported" and found.line in places:
            reasons.setdefault(places[found.line], []).extend(found.reasons)
    fallen = [
        claim.model_copy(update={"verdict": "unsupported", "reasons": tuple(dict.fromkeys(why))})
        for claim, why in reasons.items()
    ]
    kept = (
        theme.model_copy(update={"claims": tuple(claim for claim in theme.claims if claim not in reasons)})
        for theme in themes
    )
    return tuple(theme for theme in kept if theme.claims), fallen


def _assembled(
    retrieved: Retrieved, themes: tuple[Theme, ...], reasons: Mapping[str, str], *, commission: Commission
) -> RelatedWork:
    """A section with its papers: those that are cited, and the reason for each that is not."""
    papers = {item.paper.key or "": item.paper for item in retrieved.papers}
    keys = list(dict.fromkeys(key for theme in themes for claim in theme.claims for key in claim.citations))
    written = {theme.heading for theme in themes}
    return RelatedWork(
        question=retrieved.question,
        engine="extractive",
        themes=themes,
        retrieved=entries_of(retrieved),
        omitted=tuple(
            Omission(key=key, reason=reasons.get(key, _NOTHING_WRITTEN)) for key in papers if key not in keys
        ),
        unfilled=tuple(
            theme.heading for theme in commission.outline if theme.heading not in written and not theme.kept
        ),
        flagged=flagged_in(retrieved),
        references=tuple(map(Reference.of, _found(keys, papers))),
    )


def _found(keys: Iterable[str], papers: Mapping[str, Paper]) -> list[Paper]:
    return [papers[key] for key in keys]


def _kept(heading: str) -> str:
    return f"assigned to “{heading}”, a paragraph that was edited by hand and is kept"


def _shortened(
    groups: Sequence[tuple[Claim, ...]], retrieved: Retrieved, words: int
) -> list[tuple[Claim, ...]]:
    """Claims of the best papers up to a number of words, at least one a group."""
    rank = {item.paper.key: place for place, item in enumerate(retrieved.papers)}
    firsts = {min(claims, key=lambda c: rank[c.citations[0]]) for claims in groups if claims}
    rest = sorted({c for claims in groups for c in claims} - firsts, key=lambda c: rank[c.citations[0]])
    kept, used = set(firsts), sum(len(claim.text.split()) for claim in firsts)
    for claim in rest:
        used += len(claim.text.split())
        if used <= words:
            kept.add(claim)
    return [tuple(claim for claim in claims if claim in kept) for claims in groups]
