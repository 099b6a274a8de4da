from __future__ import annotations

import gzip
import io
import json
import os
import threading
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.errors import UsageError
from litreview.formats import Format
from litreview.sources import Rejected, SourceBatch, decoding, read_sources, readers, streams

PAGE = (
    "Daily Papers\n\nbyAK and the research community\n\nJun 23\n\n"
    "Mixing Tokens\n\nWe mix tokens with matrices.\n\n  • 5 authors\n·\nFeb 2, 2022\n\n"
    "Naïve Heads\n\nHeads of one layer agree.\n\n  • 2 authors\n·\nNov 10, 2025 3"
)
LINE = '{"title": "A Line"}\n'


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str | bytes) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def read(*paths: Path | str, **options: object) -> SourceBatch:
    """All batches as one."""
    batches = list(read_sources(paths, **options))  # type: ignore[arg-type]
    return SourceBatch(
        papers=[p for b in batches for p in b.papers],
        rejected=[r for b in batches for r in b.rejected],
        notes=[n for b in batches for n in b.notes],
    )


def only_rejected(*paths: Path | str, **options: object) -> Rejected:
    batch = read(*paths, **options)
    assert batch.papers == ()
    (rejected,) = batch.rejected
    return rejected


def test_formats_are_told_by_what_the_files_hold() -> None:
    batch = read(write("a.txt", PAGE), Path(write("b.dat", LINE)))

    assert [p.title for p in batch.papers] == ["Mixing Tokens", "Naïve Heads", "A Line"]
    assert [p.sources[0].format for p in batch.papers] == ["daily-papers", "daily-papers", "jsonl"]
    assert [p.sources[0].name for p in batch.papers] == ["a.txt", "a.txt", "b.dat"]


def test_a_source_never_names_the_folder_and_a_rejection_always_does() -> None:
    write("deep/inside/a.txt", PAGE)
    write("deep/inside/bad.jsonl", "{}\n")
    batch = read("deep")

    assert {p.sources[0].name for p in batch.papers} == {"a.txt"}
    assert [(r.path, r.line) for r in batch.rejected] == [("deep/inside/bad.jsonl", 1)]


def test_folders_are_walked_in_order_without_hidden_files() -> None:
    for name in ("d/b.jsonl", "d/a/z.jsonl", "d/.hidden.jsonl", "d/.git/c.jsonl", "d/a.jsonl"):
        write(name, json.dumps({"title": name}) + "\n")
    write("d/readme.md", "# no papers here\n")
    batch = read("d")

    assert [p.title for p in batch.papers] == ["d/a.jsonl", "d/b.jsonl", "d/a/z.jsonl"]
    assert batch.rejected == ()
    assert batch.notes == ("d: 1 file .md not read: of no known format",)


def test_other_files_of_a_folder_are_one_note_for_each_kind() -> None:
    write("d/a.jsonl", LINE)
    for name in ("1.png", "2.PNG", "sub/3.png"):
        write(f"d/{name}", b"\x89PNG\r\n\x1a\n\x00\x00")
    write("d/code.py", "@given(st.text(), st.text())\ndef test(): ...\n")
    write("d/paper.pdf", "%PDF-1.7")
    write("d/all.zip", b"PK\x03\x04\x00")
    write("d/empty", "")
    batch = read("d")

    assert (len(batch.papers), batch.rejected) == (1, ())
    assert [note.split(": ", 2)[1] for note in batch.notes] == [
        "1 file .pdf not read",
        "3 files .png not read",
        "1 file .py not read",
        "1 file .zip not read",
        "1 file without an ending not read",
    ]


def test_a_damaged_file_of_a_known_kind_is_rejected_in_a_folder_too() -> None:
    write("d/a.jsonl", LINE)
    write("d/b.bib", b"\x00\x01")
    write("d/c.csv", "")

    assert {r.path: r.reason.split(";")[0] for r in read("d").rejected} == {
        "d/b.bib": "a binary file, not text",
        "d/c.csv": "the file is empty",
    }


def test_a_folder_of_nothing_but_other_files_is_rejected_as_a_whole() -> None:
    write("d/1.png", b"\x89PNG\r\n\x1a\n\x00\x00")
    write("d/b.txt", "Dear diary,")
    rejected = only_rejected("d")

    assert (rejected.path, rejected.line) == ("d", None)
    assert "no file in it is of a known format (1 file .png not read: a binary file" in rejected.reason


def test_a_zip_archive_says_what_to_do() -> None:
    assert (
        "a ZIP archive, which is not looked into; unpack it"
        in only_rejected(write("a.zip", b"PK\x03\x04")).reason
    )


def test_every_format_of_the_help_page_has_its_reader() -> None:
    assert set(get_args(Format)) == set(readers.READERS)


def test_a_folder_with_nothing_in_it_says_so() -> None:
    Path("empty").mkdir()
    write("hidden/.keep", "")

    assert "holds no files" in only_rejected("empty").reason
    assert "holds no files" in only_rejected("hidden").reason


def test_what_is_no_file_in_a_folder_is_reported_and_not_waited_for() -> None:
    write("d/a.jsonl", LINE)
    os.mkfifo("d/pipe")
    Path("d/loop").symlink_to(Path("d").resolve())
    Path("d/gone").symlink_to("nowhere")
    batch = read("d")

    assert len(batch.papers) == 1
    assert {r.path: r.reason.split(";")[0] for r in batch.rejected} == {
        "d/gone": "there is no such file or folder",
        "d/loop": "a link to a folder, which is not followed",
        "d/pipe": "no regular file",
    }


def test_a_named_pipe_is_read() -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(gzip.compress(PAGE.encode())))
    writer.start()
    batch = read("pipe")
    writer.join()

    assert len(batch.papers) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("\n \n", "no known format"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a binary file"),
        (b"%PDF-1.7 text", "a PDF"),
        ("Größe".encode("utf-16"), "no known format"),
        ("Dear diary,", "no known format"),
        ('[{"a": 1}]', "no known format"),
        (b"PK\x03\x04", "a ZIP archive"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        (gzip.compress(PAGE.encode(), mtime=0)[:12], "it cannot be read"),
        (b"\x1f\x8b\x08\x00garbage that is not gzip at all", "it cannot be read"),
    ],
)
def test_a_file_that_holds_no_papers_says_why(content: str | bytes, said: str) -> None:
    batch = read(write("f.txt", content), write("good.jsonl", LINE))

    assert [p.title for p in batch.papers] == ["A Line"]
    (rejected,) = batch.rejected
    assert (rejected.path, said in rejected.reason) == ("f.txt", True), rejected.reason


@pytest.mark.parametrize("name", ["missing.txt", "no/such/folder", ""])
def test_a_path_that_does_not_exist_is_rejected(name: str) -> None:
    batch = read(name, write("good.jsonl", LINE))

    assert len(batch.papers) == 1
    assert [(r.path, r.line) for r in batch.rejected] == [(name, None)]


def test_a_file_that_may_not_be_read_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    write("secret.jsonl", LINE)
    # Permissions do not bind root, who runs tests in containers.
    monkeypatch.setattr(
        Path, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )

    assert "may not be read" in only_rejected("secret.jsonl").reason


def test_a_folder_that_may_not_be_listed_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("secret").mkdir()

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", "secret")

    monkeypatch.setattr(os, "scandir", refuse)

    assert only_rejected("secret").path == "secret"


def test_what_is_not_utf8_is_read_as_what_it_is_likely_to_be_and_noted() -> None:
    page = read(write("latin.txt", PAGE.encode("latin-1", "replace")))
    line = PAGE[: PAGE.index("·")].count("\n") + 1

    assert [p.title for p in page.papers] == ["Mixing Tokens", "Naïve Heads"]
    assert any(
        f"line {line} is not UTF-8 (byte 0xb7); such lines are read as cp1252" in n for n in page.notes
    )

    lines = read(
        write("mixed.jsonl", '{"title": "Größe"}\n'.encode() + '{"title": "naïve"}\n'.encode("cp1252"))
    )
    assert [p.title for p in lines.papers] == ["Größe", "naïve"]
    assert [note.split(" (")[0] for note in lines.notes] == ["mixed.jsonl: line 2 is not UTF-8"]


def test_a_named_encoding_is_taken_for_what_is_not_utf8() -> None:
    data = '{"title": "Zażółć"}\n'.encode("cp1250") + '{"title": "gęślą"}\n'.encode()
    batch = read(write("pl.jsonl", data), encoding="cp1250")

    assert [p.title for p in batch.papers] == ["Zażółć", "gęślą"]
    assert batch.notes == ()
    utf16 = read(write("wide.jsonl", LINE.encode("utf-16-be")), encoding="utf-16-be")
    assert [p.title for p in utf16.papers] == ["A Line"]
    with pytest.raises(UsageError, match="'martian'"):
        read_sources(["x"], encoding="martian")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_wide_encodings_are_recognised(encoding: str) -> None:
    batch = read(write("w.jsonl", ('{"title": "Größe, 大小"}\r\n' * 20000).encode(encoding)))

    assert len(batch.papers) == 20000
    assert {p.title for p in batch.papers} == {"Größe, 大小"}
    assert (batch.rejected, batch.notes) == ((), ())


@given(
    text=st.text(max_size=80), cut=st.integers(1, 9), encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"])
)
def test_text_comes_through_in_pieces_of_any_size(text: str, cut: int, encoding: str) -> None:
    text = "\n" + text.replace("\r", "").replace("\x00", "").removeprefix("\ufeff").strip("\ufeff") + "\n"
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:
        return
    if encoding == "cp1252":
        data += b"\xe9\n"
        text += "é\n"

    class Dripping(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            return super().read1(cut)

    stream = decoding.TextStream(
        streams.open_stream(Dripping(data)), encoding="cp1252" if encoding == "cp1252" else None
    )
    found = "".join(stream.chunks())
    if encoding != "cp1252":
        assert found == text
    assert stream.closing() == SourceBatch()


def test_a_byte_order_mark_is_skipped() -> None:
    batch = read(
        write("a.txt", b"\xef\xbb\xbf" + PAGE.encode()), write("b.jsonl", b"\xef\xbb\xbf" + LINE.encode())
    )

    assert (len(batch.papers), batch.rejected) == (3, ())


def test_a_page_cut_off_within_a_character_is_read_up_to_there() -> None:
    data = PAGE.encode()
    batch = read(write("cut.txt", data[: data.index("ï".encode()) + 1]))

    assert [p.title for p in batch.papers] == ["Mixing Tokens"]
    assert [r.reason for r in batch.rejected] == ["the page ends after this title"]
    assert any(note.startswith("cut.txt: the page looks cut off") for note in batch.notes)


def test_gzip_is_unpacked_whatever_its_name() -> None:
    batch = read(write("a.gz", gzip.compress(PAGE.encode())), write("b.jsonl", gzip.compress(LINE.encode())))

    assert (len(batch.papers), batch.rejected) == (3, ())


def test_a_broken_gzip_gives_what_comes_before_the_break() -> None:
    lines = "".join(json.dumps({"title": f"Paper {os.urandom(200).hex()}"}) + "\n" for _ in range(3000))
    packed = gzip.compress(lines.encode())
    batch = read(write("cut.jsonl.gz", packed[: len(packed) // 2]))

    assert 1000 < len(batch.papers) < 2000
    assert {r.line for r in batch.rejected} == {len(batch.papers) + 1}
    assert "breaks off here" in batch.rejected[-1].reason


def test_a_gzip_bomb_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "WHOLE_LIMIT", 100_000)
    monkeypatch.setattr(decoding, "LINE_LIMIT", 50_000)
    bomb = gzip.compress(PAGE.encode() + b"x" * 1_000_000)

    assert "more than 100,000 bytes" in only_rejected(write("a.gz", bomb)).reason
    lines = read(write("b.jsonl", LINE.encode() + b"x" * 1_000_000 + b"\n" + LINE.encode()))
    assert len(lines.papers) == 2
    assert [(r.line, "more than 50,000 bytes" in r.reason) for r in lines.rejected] == [(2, True)]


def test_unpacking_stops_at_the_limit() -> None:
    packed = io.BytesIO(gzip.compress(b"x" * 300_000))
    text = decoding.TextStream(streams.open_stream(packed, limit=200_000))

    assert len("".join(text.chunks())) <= 200_000
    assert "unpacks to more than is allowed" in text.closing().rejected[0].reason


def test_long_files_come_in_batches() -> None:
    write("long.jsonl", LINE * 2500)

    assert [len(batch.papers) for batch in read_sources(["long.jsonl"])] == [1000, 1000, 500]


def test_standard_input_is_read_as_text_or_bytes() -> None:
    for stdin in (io.StringIO(PAGE), io.BytesIO(PAGE.encode()), io.TextIOWrapper(io.BytesIO(PAGE.encode()))):
        batch = read("-", write("good.jsonl", LINE), stdin=stdin)

        assert [p.sources[0].name for p in batch.papers] == ["stdin", "stdin", "good.jsonl"]
        assert not stdin.closed
    assert only_rejected("-", stdin=io.BytesIO()).path == "-"


def test_standard_input_that_is_closed_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)

    assert "no standard input" in only_rejected("-").reason


def test_a_given_format_is_taken_at_its_word() -> None:
    write("page.txt", PAGE)

    assert {r.line for r in read("page.txt", format="jsonl").rejected} >= {1, 3, 5}
    assert "no Daily Papers page" in only_rejected(write("x.jsonl", LINE), format="daily-papers").reason


def test_a_jsonl_name_is_enough_where_the_beginning_is_damaged() -> None:
    batch = read(write("x.JSONL", "garbage\n" + LINE))

    assert (len(batch.papers), [r.line for r in batch.rejected]) == (1, [1])


def test_the_page_date_reaches_the_pages() -> None:
    (paper, _) = read(write("a.txt", PAGE), page_date="2030").papers

    assert paper.sources[0].page_date == "2030-06-23"


def test_wrong_options_are_refused_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="'word'"):
        read_sources(["x"], format="word")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="'soon'"):
        read_sources(["x"], page_date="soon")


def test_names_that_are_not_utf8_can_be_reported() -> None:
    write("d/ok.jsonl", LINE)
    Path(os.fsdecode(b"d/caf\xe9\x1b[31m.jsonl")).write_text(LINE + "{}\n")
    batch = read("d")
    names = {p.sources[0].name for p in batch.papers}

    assert names == {"ok.jsonl", "caf\\xe9.jsonl"}
    batch.model_dump_json().encode()
