"""Two locks of a library folder: one writer at a time, and Chroma opened by one writer or by readers only.

Chroma 1.5 loses vectors when two processes have it open and one writes, so its lock spans open to close
(measured: with the lock 8,010 of 8,010 found, without it 7,521 of 8,000). What only reads the catalogue takes
no lock, so the library of locks is imported by those who take one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from litreview.errors import LibraryBusy, LibraryError

_log = logging.getLogger("litreview")

# Long enough for another process to import 100,000 papers, short enough to end some day.
WRITER_PATIENCE = 900.0
# After this long a person wonders what is going on.
_SILENT_WAIT = 1.0
_READER_WAIT = 0.0


@contextmanager
def writer_lock(folder: Path, *, patience: float = WRITER_PATIENCE) -> Iterator[None]:
    """Hold the library's one writer lock; says so once when it has to wait.

    Raises:
        LibraryBusy: Another process kept the lock for longer than `patience` seconds.
        LibraryError: The folder cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / "writer.lock")
    try:
        try:
            lock.acquire(timeout=min(_SILENT_WAIT, patience))
        except Timeout:
            _log.info("another process is writing to %s; waiting for it", str(folder))
            lock.acquire(timeout=max(patience - _SILENT_WAIT, 0))
    except Timeout as error:
        raise LibraryBusy(
            f"another process has been writing to {str(folder)!r} for {patience:.0f} seconds",
            hint="run the same command again when it has ended",
        ) from error
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def index_writer_lock(folder: Path, *, patience: float = WRITER_PATIENCE) -> Iterator[None]:
    """Hold Chroma's lock alone, from before it is opened until after it is closed."""
    from filelock import ReadWriteLock, Timeout

    lock = ReadWriteLock(folder / "index.lock", is_singleton=False)
    try:
        try:
            lock.acquire_write(timeout=patience)
        except Timeout as error:
            raise LibraryBusy(
                f"the vector index of {str(folder)!r} has been in use for {patience:.0f} seconds",
                hint="run the same command again when it has ended",
            ) from error
        except OSError as error:
            raise _unwritable(folder, error) from error
        try:
            yield
        finally:
            lock.release()
    finally:
        lock.close()


@contextmanager
def index_reader_lock(folder: Path) -> Iterator[bool]:
    """Share Chroma's lock with other readers; yields False, without waiting, while a writer has it.

    A reader that does not get it has an exact search over the catalogue to fall back on, so it never waits.
    A folder that cannot be written to (a read-only mount) has no lock to take: False as well.
    """
    from filelock import ReadWriteLock, Timeout

    try:
        lock = ReadWriteLock(folder / "index.lock", is_singleton=False)
    except OSError:
        yield False
        return
    try:
        try:
            lock.acquire_read(timeout=_READER_WAIT, blocking=False)
        except (Timeout, OSError):
            yield False
            return
        try:
            yield True
        finally:
            lock.release()
    finally:
        lock.close()


@contextmanager
def filling_lock(folder: Path) -> Iterator[bool]:
    """Hold the right to fill an index ahead; yields False, without waiting, while another process has it."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / "filling.lock")
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _unwritable(folder: Path, error: OSError) -> LibraryError:
    return LibraryError(
        f"the library at {str(folder)!r} cannot be written ({error.strerror or error})",
        hint="litreview --library ANOTHER_FOLDER …",
    )
