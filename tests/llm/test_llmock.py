"""Against llmock, a server of faults that no one here wrote, and its own verdict on how they were taken."""

from __future__ import annotations

from typing import Any

import pytest

from litreview.errors import ContextTooLong, ProviderError, ReplyCutOff

from .conftest import GOOD, VALUE, ask

pytest.importorskip("llmock", reason="llmock is not installed: pip install llmock")

FAULTS = {
    "rate limit": lambda server: server.rate_limit(retry_after=0.2),
    "500": lambda server: server.fail(500),
    "503 with a wait": lambda server: server.fail(503, retry_after=0.1),
    "cut stream": lambda server: server.disconnect(after_chunks=1),
    "stream without an end": lambda server: server.truncate(after_chunks=1),
    "corrupt chunk": lambda server: server.corrupt(after_chunks=1),
    "stall": lambda server: server.stall(after_chunks=1, seconds=3),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_passes_is_survived(llmock: Any, name: str) -> None:
    FAULTS[name](llmock.reply(GOOD, times=None))
    assert ask(llmock.base_url(), timeout=0.5 if name == "stall" else 10)[0] == VALUE
    assert len(llmock.requests) == 2
    llmock.assert_resilient()


def test_faults_that_stay_are_typed_errors(llmock: Any) -> None:
    with pytest.raises(ProviderError, match=r"cannot serve now \(503\)"):
        ask(llmock.outage().base_url(), retries=1)
    with pytest.raises(ContextTooLong):
        ask(llmock.reset().context_overflow().base_url())
    with pytest.raises(ReplyCutOff):
        ask(llmock.reset().truncate(times=None).base_url())
