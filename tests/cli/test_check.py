"""`litreview check` as a person or a pipeline calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litreview.checking.findings import DocumentClaim, DocumentReport, DocumentSummary
from litreview.cli.app import app
from litreview.documents import DOCUMENT_LIMIT
from litreview.library import Library
from litreview.render.findings import RULES, to_github, to_sarif
from tests.conftest import EXAMPLES, ROOT

DOCUMENT = ROOT / "examples" / "related-work.md"
BIB = ROOT / "examples" / "refs.bib"
SOUND = "MLP-Mixer reaches 87.94% top-1 accuracy on ImageNet [@mixer].\n"
DOUBTFUL = "Cats sleep on warm tin roofs for most of the afternoon [@mixer].\n"
WRONG = "MLP-Mixer reaches 88.94% top-1 accuracy on ImageNet [@mixer].\n"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Check files in this process, in a folder of their own, where there is no library."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITREVIEW_LIBRARY", str(tmp_path / "library"))

    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, ["check", *map(str, arguments)])

    return call


def written(tmp_path: Path, text: str | bytes, name: str = "a.md") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (SOUND, [], 0),
        (SOUND, ["--strict"], 0),
        (DOUBTFUL, [], 0),
        (DOUBTFUL, ["--strict"], 4),
        (WRONG, [], 4),
        ("Nothing is cited, though nets reach 40% of it all.", ["--strict"], 0),
        ("", [], 0),
    ],
)
@pytest.mark.parametrize("format", ["text", "json", "sarif", "github"])
def test_the_exit_code_tells_what_was_found_in_every_format(
    run: Run, tmp_path: Path, text: str, options: list[str], code: int, format: str
) -> None:
    result = run(written(tmp_path, text), "--bib", BIB, "--format", format, *options)
    assert result.exit_code == code
    assert "Traceback" not in result.stderr


def test_json_is_the_report_itself(run: Run) -> None:
    result = run(DOCUMENT, "--bib", BIB, "--json")
    assert result.exit_code == 4
    report = json.loads(result.stdout)
    assert set(report) == {"claims", "summary", "notes"}
    assert DocumentReport.model_validate(report).model_dump(mode="json") == report
    claim = next(claim for claim in report["claims"] if claim["reasons"] == ["number-mismatch"])
    assert (claim["verdict"], claim["citations"], claim["column"]) == ("unsupported", ["metaformer"], 1)
    assert report["summary"]["unsupported"] == 5


def test_text_names_place_verdict_and_reason_and_leaves_the_sound_claims_out(run: Run) -> None:
    result = run(DOCUMENT, "--bib", BIB)
    line = (
        DOCUMENT.read_text(encoding="utf-8")
        .split("\n")
        .index("PoolFormer beats DeiT-B by 0.8% with 35% fewer parameters [@metaformer].")
    )
    assert f"{DOCUMENT}:{line + 1}:1: unsupported (number-mismatch)" in result.stdout
    assert "87.94" not in result.stdout
    assert "10 supported, 3 weak, 1 of them without a citation, 5 unsupported" in result.stdout
    assert "5 of 18 claims failed" in result.stderr


def test_sarif_has_the_shape_that_code_scanning_reads(run: Run) -> None:
    log = json.loads(run(DOCUMENT, "--bib", BIB, "--format", "sarif").stdout)
    assert log["version"] == "2.1.0"
    (found,) = log["runs"]
    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert rules == list(RULES)
    assert found["columnKind"] == "unicodeCodePoints"
    assert len(found["results"]) == 8
    for result in found["results"]:
        assert result["ruleId"] in rules
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        (place,) = result["locations"]
        region = place["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert region["startColumn"] >= 1
    assert [result["level"] for result in found["results"]].count("error") == 5


def _report(path: str, text: str, explanation: str) -> DocumentReport:
    claim = DocumentClaim(
        path=path, line=3, column=2, text=text, verdict="weak", reasons=(), explanations=(explanation,)
    )
    summary = DocumentSummary(files=1, citations=0, papers=0, supported=0, weak=1, unsupported=0, uncited=0)
    return DocumentReport(claims=(claim,), summary=summary)


def test_annotations_are_escaped_so_that_no_text_can_write_another() -> None:
    shown = to_github(_report("a,b:c%.md", "100% sure\n::error::x", "doubt: 5%\r\n::stop-commands::y"))
    assert shown == (
        "::warning file=a%2Cb%3Ac%25.md,line=3,col=2,title=litreview%3A weak::"
        "doubt: 5%25%0D%0A::stop-commands::y%0A“100%25 sure%0A::error::x”\n"
    )
    assert to_github(_report("a.md", "t", "d"), strict=True).startswith("::error ")


def test_a_path_is_an_address_in_sarif() -> None:
    log = json.loads(to_sarif(_report("my notes/a#1.md", "t", "d")))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20notes/a%231.md"


def test_nothing_in_a_document_or_a_bib_reaches_the_terminal_as_a_control_character(
    run: Run, tmp_path: Path
) -> None:
    evil = "\x1b[31m\x1b]0;x\x07\u202e\u200b\x9b"
    bib = (
        "@misc{k"
        + evil
        + ", title={T "
        + evil
        + "}, abstract={Deep nets reach 5% "
        + evil
        + "on [bold]all[/bold].}}"
    )
    text = f"Deep {evil} nets reach 6% on [bold]all[/bold] [@k; @n{evil}o]. It is so [@k{evil}].\n"
    for format in ("text", "json", "sarif", "github"):
        file = written(tmp_path, text, f"a{format}.md")
        result = run(file, "--bib", written(tmp_path, bib, "r.bib"), "--format", format)
        assert result.exit_code in (0, 4)
        for stream in (result.stdout, result.stderr):
            assert not set(stream) & set("\x1b\x07\u202e\u200b\x9b")
        assert "[bold]all[/bold]" in result.stdout


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "no file"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b"a\x00b"), "binary"),
        (lambda path: path.write_bytes(b"%PDF-1.7 x"), "PDF"),
        (lambda path: path.write_bytes(b"na\xefve"), "not UTF-8"),
        (lambda path: path.write_bytes(b"a" * (DOCUMENT_LIMIT + 1)), "more than 5 MB"),
        (lambda path: path.write_bytes(b"x " * 5 * 1024**2), "more than 5 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    run: Run, tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    path = tmp_path / "the file.md"
    make(path)
    for arguments in ((path, "--bib", BIB), (DOCUMENT, "--bib", path)):
        result = run(*arguments)
        if arguments[0] == DOCUMENT and "MB" in said:
            continue  # A .bib file may be larger.
        assert result.exit_code == 1
        assert "the file.md" in result.stderr
        assert said in result.stderr
        assert result.stdout == ""


def test_a_bad_entry_is_reported_with_file_line_and_reason_and_its_neighbours_serve(
    run: Run, tmp_path: Path
) -> None:
    bib = written(
        tmp_path, "@misc{bad, title={never closed\n\n" + BIB.read_text(encoding="utf-8"), "refs.bib"
    )
    result = run(written(tmp_path, SOUND + "\nIt is so [@bad].\n"), "--bib", bib)
    assert result.exit_code == 4
    assert "refs.bib:1: the value of 'title' is not closed" in result.stderr
    assert "the entry of 'bad' cannot be read" in " ".join(result.stdout.split())
    assert "1 supported" in result.stdout


def test_without_anything_to_check_against_the_call_makes_no_sense(run: Run) -> None:
    for result in (run(DOCUMENT), run(DOCUMENT, "--library", "nowhere")):
        assert result.exit_code == 2
        assert "nothing to check against" in result.stderr
        assert "--bib" in result.stderr
    assert run("--bib", BIB).exit_code == 2
    assert run(DOCUMENT, "--bib", BIB, "--format", "xml").exit_code == 2


def test_several_files_are_checked_against_a_library_and_the_bib_comes_first(
    run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    assert CliRunner().invoke(app, ["add", str(EXAMPLES), "--library", str(folder)]).exit_code == 0
    with Library(folder, create=False) as library:
        key = next(paper.key for paper in library.all_papers() if paper.title.startswith("MLP-Mixer"))
    one = written(tmp_path, SOUND.replace("@mixer", f"@{key}"), "one.md")
    two = written(tmp_path, SOUND + WRONG.replace("@mixer", f"@{key}"), "two.md")
    alone = json.loads(run(one, two, "--library", folder, "--json").stdout)
    assert [(c["path"], c["verdict"], c["reasons"]) for c in alone["claims"]] == [
        (str(one), "supported", []),
        (str(two), "unsupported", ["unknown-paper"]),
        (str(two), "unsupported", ["number-mismatch"]),
    ]
    both = json.loads(run(one, two, "--library", folder, "--bib", BIB, "--json").stdout)
    assert [c["verdict"] for c in both["claims"]] == ["supported", "supported", "unsupported"]
    assert both["summary"]["files"] == 2
    only = json.loads(run(one, "--bib", BIB, "--json").stdout)
    assert only["claims"][0]["reasons"] == ["unknown-paper"]


def test_checking_against_a_bib_imports_neither_a_model_nor_chroma() -> None:
    script = (
        "import sys\nfrom litreview.cli import main\n"
        f"sys.argv[1:] = ['check', {str(DOCUMENT)!r}, '--bib', {str(BIB)!r}]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(result.stdout.splitlines()[-1].split())
    assert loaded & {"chromadb", "openai", "scipy", "jinja2"} == set()
