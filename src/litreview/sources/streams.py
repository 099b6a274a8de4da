"""Byte streams whose beginning is known: gzip is unpacked, and nothing unpacks to more than is allowed."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

# How much is looked at to tell the format: more than the longest entry of a page.
HEAD_SIZE = 64 * 1024
# What a compressed file may unpack to: about a million abstracts. A bomb of 10 MB unpacks to 10 GB.
UNPACKED_LIMIT = 2 * 1024**3

STREAM_ERRORS = (OSError, EOFError, zlib.error)


class TooLarge(OSError):
    """A stream holds more than it may."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The first bytes of a stream, and all of it, those included."""

    head: bytes
    stream: io.BufferedReader


def open_stream(raw: BinaryIO, *, limit: int = UNPACKED_LIMIT) -> Opened:
    """Return a stream with its head, unpacked if it is gzip. Works on pipes: nothing is read twice.

    An error in reading shows up where the stream gets there, after everything that came before it.

    Args:
        raw: The bytes as stored.
        limit: The most a compressed stream may unpack to, in bytes; beyond it reading raises `TooLarge`.
    """
    head, failure = _read_head(raw)
    if not head.startswith(b"\x1f\x8b"):
        return Opened(head, io.BufferedReader(_Replay(head, raw, failure, None)))
    packed = io.BufferedReader(_Replay(head, raw, failure, None))
    # Typed as a BinaryIO for its read1, which is all that is used of it.
    unpacked: BinaryIO = gzip.GzipFile(fileobj=packed)  # type: ignore[assignment]
    head, failure = _read_head(unpacked)
    return Opened(head, io.BufferedReader(_Replay(head, unpacked, failure, limit)))


def _read_head(stream: BinaryIO) -> tuple[bytes, Exception | None]:
    head = b""
    try:
        while len(head) < HEAD_SIZE and (chunk := _some(stream, HEAD_SIZE - len(head))):
            head += chunk
    except STREAM_ERRORS as error:
        return head, error
    return head, None


def _some(stream: BinaryIO, size: int) -> bytes:
    # read() would drop what it already has when an error follows.
    read = getattr(stream, "read1", stream.read)
    return bytes(read(size))


class _Replay(io.RawIOBase):
    """A head already taken from a stream, then the rest of it, then the error that was met."""

    def __init__(self, head: bytes, rest: BinaryIO, failure: Exception | None, limit: int | None) -> None:
        self._head = memoryview(head)
        self._rest = rest
        self._failure = failure
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._head:
            chunk = bytes(self._head[: len(buffer)])
            self._head = self._head[len(chunk) :]
        elif self._failure is not None:
            raise self._failure
        else:
            chunk = _some(self._rest, len(buffer))
        if self._left is not None:
            self._left -= len(chunk)
            if self._left < 0:
                raise TooLarge("it unpacks to more than is allowed")
        buffer[: len(chunk)] = chunk
        return len(chunk)


class Converted(io.RawIOBase):
    """A stream whose bytes are converted on the way, as to another encoding.

    Args:
        stream: What is converted.
        convert: Called with each piece and whether it is the (empty) last one; gives what to hand on.
    """

    def __init__(self, stream: io.BufferedReader, convert: Callable[[bytes, bool], bytes]) -> None:
        self._stream = stream
        self._convert = convert
        self._ready = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """Tell that it is for reading."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as there is anything; 0 at the end."""
        while not self._ready and not self._ended:
            chunk = self._stream.read1(HEAD_SIZE)
            self._ended = not chunk
            self._ready = memoryview(self._convert(chunk, self._ended))
        chunk = bytes(self._ready[: len(buffer)])
        self._ready = self._ready[len(chunk) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)
