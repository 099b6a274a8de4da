"""Which files a client may have read."""

from __future__ import annotations

from pathlib import Path

import pytest

from litreview.errors import UsageError
from litreview.mcp_server.access import Access


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a file in it, and a file beside it."""
    (tmp_path / "secret.bib").write_text("@misc{a}")
    (tmp_path / "root" / "inner").mkdir(parents=True)
    (tmp_path / "root" / "papers.bib").write_text("@misc{b}")
    return tmp_path / "root"


@pytest.fixture
def access(root: Path) -> Access:
    return Access.of(write=True, roots=[root])


@pytest.mark.parametrize("path", ["papers.bib", "./papers.bib", "inner/../papers.bib", "{root}/papers.bib"])
def test_a_file_below_the_root_is_allowed_under_its_real_name(access: Access, root: Path, path: str) -> None:
    assert access.allowed([path.format(root=root)]) == [root.resolve() / "papers.bib"]


def test_a_folder_and_the_root_itself_are_allowed(access: Access, root: Path) -> None:
    assert access.allowed(["inner", "."]) == [root.resolve() / "inner", root.resolve()]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.bib",
        "inner/../../secret.bib",
        "{root}/../secret.bib",
        "{root}2/papers.bib",
        "/etc/passwd",
        "/",
        "..",
        "/no/such/file",
    ],
)
def test_what_is_outside_is_refused_whether_it_is_there_or_not(access: Access, root: Path, path: str) -> None:
    given = path.format(root=root)
    with pytest.raises(UsageError) as refused:
        access.allowed(["papers.bib", given])
    assert refused.value.message == f"{given!r} is not below a folder that may be read"


def test_a_link_that_leads_out_is_refused_itself_and_in_its_folder(access: Access, root: Path) -> None:
    (root / "inner" / "link.bib").symlink_to(root.parent / "secret.bib")
    for path in ("inner/link.bib", "inner", "."):
        with pytest.raises(UsageError, match="is not below a folder that may be read"):
            access.allowed([path])


def test_a_link_within_the_roots_is_followed(access: Access, root: Path) -> None:
    (root / "inner" / "link.bib").symlink_to(root / "papers.bib")
    assert access.allowed(["inner/link.bib"]) == [root.resolve() / "papers.bib"]
    assert access.allowed(["inner"])


def test_a_root_may_be_a_link_itself(tmp_path: Path, root: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    assert Access.of(write=True, roots=[tmp_path / "alias"]).allowed(["papers.bib"])


def test_each_root_is_looked_in(tmp_path: Path, root: Path) -> None:
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "other.bib").write_text("@misc{c}")
    access = Access.of(write=True, roots=[root, tmp_path / "second"])
    assert [path.name for path in access.allowed(["papers.bib", "other.bib"])] == ["papers.bib", "other.bib"]


@pytest.mark.parametrize("path", ["-", "~/papers.bib", "missing.bib", "$HOME"])
def test_a_path_means_a_file_and_nothing_else(access: Access, path: str) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        access.allowed([path])


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000])
def test_what_is_no_path_is_named_shortly(access: Access, path: str) -> None:
    with pytest.raises(UsageError) as refused:
        access.allowed([path])
    assert len(refused.value.message) < 400


def test_what_is_no_file_is_not_opened(access: Access, root: Path) -> None:
    import os

    os.mkfifo(root / "pipe")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        access.allowed(["pipe"])


def test_without_writing_nothing_is_allowed(root: Path) -> None:
    with pytest.raises(UsageError, match="without --allow-write"):
        Access.of(write=False, roots=[root]).allowed(["papers.bib"])


def test_writing_needs_a_root_that_is_a_folder(root: Path) -> None:
    with pytest.raises(UsageError, match="needs to know which files"):
        Access.of(write=True, roots=[])
    with pytest.raises(UsageError, match="is no folder"):
        Access.of(write=True, roots=[root / "papers.bib"])
