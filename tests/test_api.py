"""The library as programs use it: the same answers as the command line, many at once, clear errors."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import logging
import pickle
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import litreview
from litreview import (
    Commission,
    Filters,
    Library,
    LitreviewError,
    NothingRelevant,
    OutlineTheme,
    Paper,
    PaperNotFound,
    ProviderError,
    RelatedWork,
    Review,
    Settings,
    UsageError,
    load_settings,
)
from litreview import review as review_flow
from litreview.answers import Review as PlainReview
from litreview.cli.app import app
from litreview.errors import LibraryError, PluginError, RunNotFound, SettingsError, SourceError
from litreview.llm.shared import SharedModel
from litreview.testing import HashedEmbedder, ScriptedModel, scripted_reply
from tests.conftest import EXAMPLES
from tests.llm.fault_server import Exchange, FaultServer, reply, status

QUESTION = "how do MLPs compete with attention?"
PLUGIN = "tests_plugin_of_litreview"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the example pages."""
    made = tmp_path_factory.mktemp("api") / "library"
    with Library.open(made, settings=Settings(library=made)) as library:
        library.add(EXAMPLES)
    return made


@pytest.fixture
def examples(folder: Path) -> Iterator[Library]:
    with Library.open(folder, create=False) as library:
        yield library


def run(*arguments: str | Path, **environment: str) -> Any:
    """A command's JSON."""
    result = CliRunner().invoke(app, list(map(str, arguments)), env=environment)
    return json.loads(result.stdout)


def without_run(value: Any) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name != "run"}


# The same over every way in


def test_the_same_question_gives_the_same_json_as_on_the_command_line(
    examples: Library, folder: Path
) -> None:
    review = examples.ask(QUESTION)
    shown = run("ask", QUESTION, "--json", "--library", folder)
    assert without_run(review.model_dump(mode="json")) == without_run(shown)
    assert len(review.groups) > 2


def test_a_written_answer_is_the_same_as_on_the_command_line(examples: Library, folder: Path) -> None:
    with FaultServer(scripted) as server:
        settings = load_settings(library=folder, base_url=server.url, model="tiny")
        with Library.open(settings=settings) as library:
            review = library.ask(QUESTION, limit=12)
        where = {"OPENAI_BASE_URL": server.url, "LITREVIEW_MODEL": "tiny"}
        shown = run("ask", QUESTION, "-k", "12", "--json", "--no-cache", "--library", folder, **where)
    assert review.engine == "llm"
    assert without_run(review.model_dump(mode="json")) == without_run(shown)


def test_search_check_draft_list_and_import_are_the_same_too(
    examples: Library, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = examples.search("layer pruning", limit=5, filters=Filters(since=2024))
    shown = run("search", "layer pruning", "-k", "5", "--since", "2024", "--json", "--library", folder)
    assert [entry.model_dump(mode="json") for entry in found] == shown["results"]
    text = f"MLPs mix tokens [@{found[0].key}]. Nobody knows why [@nobody1999].\n"
    Path("text.md").write_text(text, encoding="utf-8")
    report = examples.check(text, path="text.md")
    assert report.model_dump(mode="json") == run("check", "text.md", "--json", "--library", folder)
    assert report == examples.check_files("text.md")
    assert [claim.reasons for claim in report.claims][1] == ("unknown-paper",)
    work = examples.draft(QUESTION)
    drafted = run("draft", QUESTION, "--json", "--library", folder)
    assert without_run(work.model_dump(mode="json")) == without_run(drafted)
    assert work.to_markdown() == Path("related-work.md").read_text(encoding="utf-8")
    with Library.open(tmp_path / "new") as new:
        imported = new.add([EXAMPLES])
    assert imported.model_dump(mode="json") == run("add", EXAMPLES, "--json", "--library", tmp_path / "other")
    exported = CliRunner().invoke(app, ["export", "--format", "bib", "--library", str(folder)]).stdout
    assert examples.export("bib") == exported


def test_a_replay_gives_the_answer_again(examples: Library) -> None:
    review = examples.ask(QUESTION)
    assert review.run in [entry.id for entry in examples.runs()]
    assert examples.replay(review.run or "") == review
    work = examples.draft(QUESTION, commission=Commission(outline=(OutlineTheme(heading="MLPs"),)))
    assert examples.replay(work.run or "") == work
    with pytest.raises(RunNotFound, match="'nosuch'"):
        examples.replay("nosuch")


def test_the_limits_are_those_of_the_flow() -> None:
    """They are written out in the signatures, so that these are read without importing the flow."""
    for call, default in ((review_flow.ask, Library.ask), (review_flow.draft, Library.draft)):
        limits = [inspect.signature(function).parameters["limit"].default for function in (call, default)]
        assert limits[0] == limits[1]
    for name in ("ask", "draft", "replay"):
        plain, twin = (inspect.signature(getattr(Library, found)) for found in (name, f"a{name}"))
        assert plain == twin


# What results can do


def test_a_review_writes_itself_out(examples: Library) -> None:
    review = examples.ask(QUESTION)
    (evidence,) = review.answer.groups[0].claims[0].evidence
    assert (examples.get(evidence.key).abstract or "")[evidence.start : evidence.end] == evidence.quote
    assert review.answer.gaps == review.gaps
    assert f"# {QUESTION}" in review.to_markdown()
    page = review.to_html()
    assert page.startswith("<!DOCTYPE html>")
    assert evidence.quote in page


def test_a_review_goes_through_json_and_into_other_processes(examples: Library) -> None:
    review = examples.ask(QUESTION)
    again = Review.model_validate_json(review.model_dump_json())
    assert again == review
    assert pickle.loads(pickle.dumps(review)) == review  # noqa: S301 - our own bytes
    assert PlainReview.model_validate(review.model_dump()) == review
    assert again.to_markdown() == review.to_markdown()
    with pytest.raises(UsageError, match="from JSON"):
        again.to_html()


def test_a_page_is_written_while_its_library_is_open(folder: Path) -> None:
    with Library.open(folder) as library:
        review = library.ask(QUESTION)
    assert review.to_markdown()
    with pytest.raises(LibraryError, match="is closed"):
        review.to_html()


def test_a_section_writes_itself_as_markdown_and_latex(examples: Library) -> None:
    work = examples.draft(QUESTION, commission=Commission(table=True))
    assert 'bibliography: "mine.bib"' in work.to_markdown(bibliography="mine.bib")
    assert r"\citep" in work.to_latex()
    assert r"\autocite" in work.to_latex(citations="biblatex")
    assert isinstance(RelatedWork.model_validate_json(work.model_dump_json()), RelatedWork)


# Papers in and out


def test_papers_and_files_are_added_and_taken_out(tmp_path: Path, papers: list[Paper]) -> None:
    (tmp_path / "one.jsonl").write_text('{"title": "A file\'s paper", "abstract": "Words."}\n')
    seen: list[str] = []
    with Library.open(tmp_path / "library") as library:
        report = library.add([*papers, tmp_path / "one.jsonl"], progress=lambda stage, *_: seen.append(stage))
        assert (report.added, len(library)) == (9, 9)
        assert seen
        assert library.add(papers[0]).unchanged == 1
        key = library.search("coral reefs")[0].key
        assert [paper.key for paper in library.remove(key)] == [key]
        with pytest.raises(PaperNotFound, match=key):
            library.get(key)
        kept = library.search("underwater video", limit=1)[0].key
        assert json.loads(library.export(keys=kept))["key"] == kept


def test_a_file_that_cannot_be_read_is_in_the_report(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library") as library:
        report = library.add(tmp_path / "nosuch.bib")
    assert [rejected.path for rejected in report.rejected] == [str(tmp_path / "nosuch.bib")]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda library: library.add("-"), "standard input"),
        (lambda library: library.add([3]), "not 3"),
        (lambda library: library.add("x.bib", format="bibtexx"), "'bibtexx'"),
        (lambda library: library.export("docx"), "'docx'"),
        (lambda library: library.ask(QUESTION, engine="gpt"), "'gpt'"),
        (lambda library: library.ask("  ?"), "no words"),
        (lambda library: library.search("mlp", limit=0), "not 0"),
    ],
)
def test_a_call_that_makes_no_sense_is_a_usage_error(examples: Library, call: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        call(examples)
    assert raised.value.hint


def test_an_empty_library_answers_nothing(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library") as library:
        for call in (library.ask, library.search, library.check, library.draft):
            with pytest.raises(NothingRelevant, match="holds no papers"):
                call("words")
    with pytest.raises(NothingRelevant, match="holds no papers"):
        Library.open(tmp_path / "other", create=False)
    assert not (tmp_path / "other").exists()


def test_a_closed_library_and_one_of_another_thread_say_so(folder: Path) -> None:
    library = Library.open(folder)
    said: list[str] = []

    def use() -> None:
        try:
            len(library)
        except LitreviewError as error:
            said.append(error.message)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert "another thread" in said[0]
    library.close()
    library.close()
    with pytest.raises(LibraryError, match="is closed"):
        library.get("x")


def test_a_temporary_library_is_gone_afterwards_and_keeps_no_runs(papers: list[Paper]) -> None:
    with Library.temporary() as library:
        library.add(papers)
        assert library.ask("coral reefs").run is None
        folder = library.folder
    assert not folder.exists()


def test_nothing_is_printed_and_nobody_is_logged_to_unasked(
    tmp_path: Path, papers: list[Paper], capfd: pytest.CaptureFixture[str]
) -> None:
    with Library.open(tmp_path / "library") as library:
        library.add(papers)
        library.ask("coral reefs")
        with pytest.raises(SourceError):
            library.check_files(tmp_path / "nosuch.md")
    assert capfd.readouterr() == ("", "")
    assert any(
        isinstance(handler, logging.NullHandler) for handler in logging.getLogger("litreview").handlers
    )


# Models


def scripted(exchange: Exchange) -> None:
    """A server that answers soundly from the records of the prompt."""
    reply(scripted_reply(exchange.request.body["messages"][-1]["content"]))(exchange)


def test_any_chat_model_writes(examples: Library) -> None:
    model = ScriptedModel()
    review = examples.ask(QUESTION, limit=10, model=model, judge=True)
    assert (review.engine, review.model) == ("llm", "scripted")
    assert review.judgement is not None
    assert len(model.prompts) == 2
    assert examples.ask(QUESTION, limit=10, model=model, engine="extractive").engine == "extractive"


def test_a_model_is_named_where_a_server_is_set_up(folder: Path) -> None:
    with pytest.raises(SettingsError, match="no model is set up"), Library.open(folder) as library:
        library.ask(QUESTION, model="tiny")
    with FaultServer(scripted) as server:
        settings = load_settings(library=folder, base_url=server.url, deadline=20)
        with Library.open(settings=settings) as library:
            assert library.ask(QUESTION, limit=9, model="other").engine == "llm"
    assert server.chats[-1].body["model"] == "other"


def test_whoever_watches_hears_of_the_stages(examples: Library) -> None:
    stages: list[str] = []

    class Heard:
        def stage(self, name: str) -> None:
            stages.append(name)

        def text(self, part: str, text: str) -> None: ...

        def group(self, group: litreview.Group) -> None: ...

    examples.ask(QUESTION, limit=8, model=ScriptedModel(), watch=Heard())
    assert "checking" in stages


def test_a_limit_of_cost_holds_for_each_question(folder: Path) -> None:
    with FaultServer(scripted, models=["gpt-6-luna"]) as server:
        settings = load_settings(library=folder, base_url=server.url, model="gpt-6-luna", max_cost=0.000001)
        with Library.open(settings=settings) as library, pytest.raises(LitreviewError, match="limit of"):
            library.ask(QUESTION, limit=7)
    assert server.chats == []


def test_a_blocking_call_in_an_event_loop_names_its_twin(examples: Library) -> None:
    async def blocking() -> None:
        with pytest.raises(UsageError, match=r"ask\(\) waits") as raised:
            examples.ask(QUESTION)
        assert raised.value.hint == "await library.aask(…)"

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(blocking())
        gc.collect()


def test_fifty_questions_at_once_get_their_own_answers_over_few_connections(folder: Path) -> None:
    """A server that takes a while, so that questions pile up: each is asked once, eight are under way."""
    lock = threading.Lock()
    now, most, peers = 0, 0, set()

    def counted(exchange: Exchange) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
            peers.add(exchange.handler.client_address)
        time.sleep(0.05)
        with lock:
            now -= 1
        scripted(exchange)

    topics = ["token mixing", "layer pruning", "frequency domain", "state space models", "convolution"]
    forms = "{}|{}?|what is {}?|why {}?|how {}?|what about {}?|and {}?|is it {}?|which {}?|the {}".split("|")
    questions = [form.format(topic) for form in forms for topic in topics]

    async def ask_all(library: Library) -> list[Review]:
        return await asyncio.gather(*(library.aask(question, limit=6) for question in questions))

    with FaultServer(counted) as server:
        settings = load_settings(library=folder, base_url=server.url, stream=False, deadline=60)
        with Library.open(settings=settings) as library:
            began = time.monotonic()
            reviews = asyncio.run(ask_all(library))
            took = time.monotonic() - began
            assert {review.run for review in reviews} <= {entry.id for entry in library.runs(limit=500)}
            # Another event loop, and the connections of the first are closed.
            again = asyncio.run(library.aask(questions[0], limit=6))
    assert [review.question for review in reviews] == questions
    assert again.groups == reviews[0].groups
    assert again.usage.calls == 0
    with Library.open(folder) as library:
        for question, review in zip(questions, reviews, strict=True):
            assert list(review.retrieved) == library.search(question, limit=6)
            for claim in (claim for group in review.groups for claim in group.claims):
                for piece in claim.evidence:
                    assert (library.get(piece.key).abstract or "")[piece.start : piece.end] == piece.quote
            assert review.groups
    assert len({review.run for review in reviews}) == 50
    assert most <= 8
    assert len(peers) <= 8
    assert len([request for request in server.requests if request.method == "GET"]) == 1
    assert took < 30


def test_one_failing_question_leaves_the_others_alone(folder: Path) -> None:
    def moody(exchange: Exchange) -> None:
        asked = exchange.request.body["messages"][-1]["content"]
        (status(401, "wrong key") if "pruning" in asked.split("RECORDS-")[0] else scripted)(exchange)

    async def ask_all(library: Library) -> list[Review | BaseException]:
        questions = ["what is token mixing?", "what is layer pruning?", "what are state space models?"]
        asked = (library.aask(question, limit=5) for question in questions)
        return await asyncio.gather(*asked, return_exceptions=True)

    with FaultServer(moody) as server:
        settings = load_settings(library=folder, base_url=server.url, model="moody")
        with Library.open(settings=settings) as library:
            first, second, third = asyncio.run(ask_all(library))
    assert isinstance(first, Review)
    assert isinstance(second, LitreviewError)
    assert isinstance(third, Review)


def test_a_cancelled_question_makes_room_for_the_next(examples: Library) -> None:
    async def cancel() -> Review:
        slow = [asyncio.create_task(examples.aask(QUESTION, limit=5, model=waiting)) for _ in range(20)]
        await asyncio.sleep(0.3)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return await asyncio.wait_for(examples.aask(QUESTION, limit=5, model=ScriptedModel()), 5)

    waiting = ScriptedModel(delay=60)
    assert asyncio.run(cancel()).engine == "llm"


def test_a_server_that_is_away_is_named_and_asked_again_later(folder: Path) -> None:
    with FaultServer() as server:
        url = server.url
    with Library.open(settings=load_settings(library=folder, base_url=url, deadline=1)) as library:
        for _ in range(2):
            with pytest.raises(ProviderError, match="127"):
                library.ask(QUESTION)


class Opened:
    """A model that counts how often it is open."""

    identity: dict[str, Any] = {"model": "opened"}  # noqa: RUF012

    def __init__(self) -> None:
        self.events: list[str] = []

    async def __aenter__(self) -> Opened:
        self.events.append("open")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.events.append("close")
        await asyncio.sleep(0)


def test_a_shared_model_is_opened_by_the_first_and_closed_by_the_last() -> None:
    model = Opened()
    shared = SharedModel(model, at_once=2)  # type: ignore[arg-type]

    async def enter(seconds: float) -> None:
        async with shared:
            await asyncio.sleep(seconds)

    async def both() -> None:
        await asyncio.gather(*(enter(seconds) for seconds in (0.01, 0.03, 0.01, 0.02)))

    asyncio.run(both())
    assert model.events == ["open", "close"]
    assert shared.idle
    asyncio.run(both())
    assert model.events == ["open", "close"] * 2


# Plugins and embedders


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution of another package on sys.path, with entry points that work and some that do not."""
    site = tmp_path / "site"
    info = site / "elsewhere-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    points = (
        "[litreview.sources]\n"
        f"lines = {PLUGIN}:parse\nbroken = {PLUGIN}_missing:parse\nnumber = {PLUGIN}:NUMBER\n"
        f"raising = {PLUGIN}:fail\n"
        "[litreview.embedders]\n"
        f"hashed = {PLUGIN}:make\n"
    )
    (info / "entry_points.txt").write_text(points)
    (site / f"{PLUGIN}.py").write_text(
        "from litreview import Paper, SourceBatch\n"
        "from litreview.testing import HashedEmbedder\n"
        "NUMBER = 3\n"
        "def parse(text, *, name):\n"
        "    return SourceBatch(papers=tuple(Paper(title=line) for line in text.splitlines()))\n"
        "def fail(text, *, name):\n"
        "    raise ValueError(f'{name} is odd')\n"
        "def make(model):\n"
        "    return HashedEmbedder(dimensions=int(model or 32))\n"
    )
    monkeypatch.syspath_prepend(str(site))
    titles = tmp_path / "titles.list"
    titles.write_text("Pointer Networks\nMatching Networks\n", encoding="utf-8")
    return titles


def test_a_plugin_adds_a_format(plugin: Path) -> None:
    with Library.temporary() as library:
        report = library.add(plugin, format="lines")
        assert (report.added, report.sources[0].path) == (2, str(plugin))
        assert library.search("pointer networks")[0].title == "Pointer Networks"


def test_a_function_is_a_format_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Only paper\n", encoding="cp1252")

    def parse(text: str, *, name: str) -> litreview.SourceBatch:
        return litreview.SourceBatch(papers=(Paper(title=f"{text.strip()} of {name}"),))

    with Library.temporary() as library:
        library.add(tmp_path / "a.txt", format=parse)
        assert library.get("onlypaper").title == "Only paper of a.txt"


def test_a_parser_that_fails_rejects_its_file_only(plugin: Path) -> None:
    with Library.temporary() as library:
        report = library.add([plugin], format="raising")
    assert "titles.list is odd" in report.rejected[0].reason


@pytest.mark.parametrize(("name", "said"), [("broken", "ModuleNotFoundError"), ("number", "'int'")])
def test_a_broken_plugin_is_named_with_its_package(plugin: Path, name: str, said: str) -> None:
    with Library.temporary() as library, pytest.raises(PluginError, match=f"'{name}' of elsewhere.*{said}"):
        library.add(plugin, format=name)


def test_an_unknown_format_names_those_of_plugins(plugin: Path) -> None:
    with Library.temporary() as library, pytest.raises(UsageError) as raised:
        library.add(plugin, format="nosuch")
    assert "lines" in raised.value.hint


def test_a_plugins_embedder_serves_a_library_on_every_way_in(plugin: Path, tmp_path: Path) -> None:
    settings = load_settings(library=tmp_path / "library", embedding="hashed:48")
    with Library.open(settings=settings) as library:
        library.add(EXAMPLES)
        first = library.search("token mixing", limit=3)
    where = {"LITREVIEW_EMBEDDING": "hashed:48", "LITREVIEW_LIBRARY": str(tmp_path / "library")}
    shown = run("search", "token mixing", "-k", "3", "--json", **where)
    assert shown["results"] == [entry.model_dump(mode="json") for entry in first]
    error = run("search", "token mixing", "--json", LITREVIEW_EMBEDDING="nosuch")["error"]
    assert error["type"] == "SettingsError"
    assert "hashed" in error["hint"]


def test_an_embedder_of_ones_own_is_given_at_opening(tmp_path: Path, papers: list[Paper]) -> None:
    with Library.open(tmp_path / "library", embedder=HashedEmbedder(dimensions=16)) as library:
        library.add(papers)
        assert library.search("coral reefs")
        assert library.store.state().pending == 0
