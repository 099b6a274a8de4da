"""The cache: ages, the limit of size, and that nothing wrong with its file ever stops a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from litreview.services.cache import Kept, PageCache
from litreview.services.types import DAY


class Time:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def test_what_is_kept_comes_back_until_it_is_too_old(tmp_path: Path, time: Time) -> None:
    cache = PageCache(tmp_path / "deep" / "pages.sqlite3", now=time)
    cache.store("a", Kept("text\nwith ü", {"link": "<x>"}))
    assert cache.find("a", age=10) == Kept("text\nwith ü", {"link": "<x>"})
    time.now += 11
    assert cache.find("a", age=10) is None
    assert cache.find("b", age=10) is None
    cache.close()


def test_a_page_from_the_future_is_not_trusted(tmp_path: Path, time: Time) -> None:
    cache = PageCache(tmp_path / "pages.sqlite3", now=time)
    cache.store("a", Kept("x", {}))
    time.now -= 3600
    assert cache.find("a", age=DAY) is None
    cache.close()


def test_old_pages_go_when_it_is_opened(tmp_path: Path, time: Time) -> None:
    path = tmp_path / "pages.sqlite3"
    cache = PageCache(path, now=time)
    cache.store("old", Kept("x", {}))
    time.now += 31 * DAY
    cache.store("new", Kept("x", {}))
    cache.close()
    cache = PageCache(path, now=time)
    assert cache.find("old", age=99 * DAY) is None
    assert cache.find("new", age=99 * DAY)
    cache.close()


def test_beyond_the_limit_of_size_the_oldest_go(tmp_path: Path, time: Time) -> None:
    path = tmp_path / "pages.sqlite3"
    cache = PageCache(path, now=time)
    for name in "abcd":
        time.now += 1
        cache.store(name, Kept("".join(map(chr, range(0x4E00, 0x4E00 + 2000))), {}))
    cache.close()
    one = 4000  # bytes of one such page, packed, and somewhat more
    cache = PageCache(path, now=time, largest=3 * one)
    kept = [name for name in "abcd" if cache.find(name, age=DAY)]
    assert kept in (["c", "d"], ["b", "c", "d"], ["d"])
    cache.close()


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "pages.sqlite3"
    path.write_bytes(b"this is no database at all" * 100)
    cache = PageCache(path)
    cache.store("a", Kept("x", {}))
    assert cache.find("a", age=10)
    cache.close()


def test_a_folder_that_cannot_be_made_costs_a_note(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level("INFO", "litreview"):
        cache = PageCache(tmp_path / "file" / "pages.sqlite3")
    cache.store("a", Kept("x", {}))
    assert cache.find("a", age=10) is None
    assert "not kept this time" in caplog.text
