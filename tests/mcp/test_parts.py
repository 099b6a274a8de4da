"""Cursors, addresses, tokens, and the threads that calls are done in."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.errors import UsageError
from litreview.mcp_server.paging import cursor_of, place_of
from litreview.mcp_server.progress import telling
from litreview.mcp_server.workers import Cancelled, Job, workers

pytest.importorskip("mcp", reason="needs the extra mcp")

from litreview.mcp_server.transports import Address, checked_token

pytestmark = pytest.mark.anyio


@given(st.integers(0, 10**9), st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_a_cursor_leads_back_to_its_place(place: int, arguments: dict[str, object]) -> None:
    assert place_of(cursor_of(place, arguments), arguments) == place


@given(st.text())
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(UsageError, match="does not belong"):
        place_of(text, {})


@pytest.mark.parametrize(
    ("text", "name", "loopback"),
    [
        ("127.0.0.1:80", "127.0.0.1:80", True),
        ("localhost:0", "localhost:0", True),
        ("[::1]:8765", "[::1]:8765", True),
        ("192.168.1.4:8765", "192.168.1.4:8765", False),
    ],
)
def test_an_address_is_read_as_it_is_written(text: str, name: str, loopback: bool) -> None:
    assert (Address.of(text).name, Address.of(text).is_loopback) == (name, loopback)


@pytest.mark.parametrize(
    "text",
    ["", "8765", ":8765", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "0.0.0.0:1", "[::]:1", "a.b:1"],
)
def test_what_is_no_single_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Address.of(text)


@pytest.mark.parametrize("text", ["short", "x" * 15, "with a space in it", "ünicode-is-no-header"])
def test_a_weak_token_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="LITREVIEW_MCP_TOKEN"):
        checked_token(text)


def test_a_token_is_made_where_there_is_none() -> None:
    assert checked_token("x" * 16) == "x" * 16
    assert len({checked_token(""), checked_token(None), checked_token(None)}) == 3


async def test_work_is_done_beside_the_loop_and_its_error_comes_back() -> None:
    def fail(_job: Job) -> None:
        raise UsageError("no")

    async with workers() as threads:
        here = threading.get_ident()
        assert await threads.run(lambda _job: threading.get_ident()) != here
        with pytest.raises(UsageError):
            await threads.run(fail)


async def test_a_slow_call_keeps_no_other_waiting() -> None:
    release = threading.Event()
    async with workers() as threads:
        slow = asyncio.create_task(threads.run(lambda _job: release.wait(10)))
        assert await threads.run(lambda _job: 7) == 7
        assert not slow.done()
        release.set()
        assert await slow


async def test_a_cancelled_call_ends_its_coroutine_and_its_thread() -> None:
    began, ended = threading.Event(), threading.Event()

    async def forever() -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with workers() as threads:
        task = asyncio.create_task(threads.run(lambda job: job.run(forever())))
        await asyncio.to_thread(began.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(ended.wait, 10)


async def test_at_the_end_calls_are_cancelled() -> None:
    began = threading.Event()

    def until_cancelled(job: Job) -> None:
        began.set()
        while True:
            job.check()
            time.sleep(0.01)

    async with workers() as threads:
        task = asyncio.create_task(threads.run(until_cancelled))
        await asyncio.to_thread(began.wait, 10)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_import_ends_at_its_next_step() -> None:
    job = Job()
    async with telling(None) as teller:
        report = teller.imported(job)
        report("reading", 1_000, 0)
        job.cancel()
        with pytest.raises(Cancelled):
            report("reading", 2_000, 0)


async def test_thousands_of_pieces_of_a_reply_become_a_few_notifications() -> None:
    told: list[tuple[int, str]] = []

    async def report(count: int, message: str) -> None:
        told.append((count, message))

    async with telling(report) as teller:
        teller.stage("asking")
        await asyncio.sleep(0.05)
        for length in range(5_000):
            teller.text("answer", "x" * length)
        await asyncio.sleep(0.4)
    assert told == [(1, "asking"), (2, "asking, about 1,249 tokens so far")]


async def test_whoever_cannot_be_told_fails_no_call() -> None:
    async def report(_count: int, _message: str) -> None:
        raise OSError("gone")

    async with telling(report) as teller:
        teller.stage("asking")
        await asyncio.sleep(0.05)
