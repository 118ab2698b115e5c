"""`storyboard check` for people, programs, GitHub and SARIF: the same diagnostics, in source order, safe to print."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import TEXT
from npm import unpacked

from storyboard.diagnostics import Diagnostic, Edit, Fix, Span
from storyboard.location import locate
from storyboard.pipeline import check
from storyboard.report.annotations import github, sarif
from storyboard.report.frames import offers

WARNED = (
    TEXT
    + "scenes:\n  - id: dawn\n    promt: x\n    prompt: a heron #2 here\n  - {id: noon, prompt: reeds, cfg_scale: 2}\n"
)
TWICE = TEXT + "scenes:\n  - {id: a, prompt: x}\n  - {id: a, prompt: y}\n"
KEYS = {
    "code",
    "severity",
    "message",
    "path",
    "line",
    "column",
    "end_line",
    "end_column",
    "hint",
    "notes",
}


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "storyboard.yaml").write_text(WARNED, encoding="utf-8")
    return tmp_path


def test_the_document(film: Path, run: Callable) -> None:
    ran = run("check", "storyboard.yaml", "--format", "json")
    document = json.loads(ran.out)
    assert (ran.code, ran.err) == (1, "")
    assert set(document) >= {"diagnostics", "errors", "warnings"}
    assert all(set(found) >= KEYS for found in document["diagnostics"])
    places = [(d["code"], d["severity"], d["line"], d["column"]) for d in document["diagnostics"]]
    assert places == [
        ("SB101", "error", 5, 5),
        ("SB115", "warning", 6, 21),
        ("SB320", "error", 7, 42),
    ]
    assert (document["errors"], document["warnings"]) == (2, 1)
    first = document["diagnostics"][0]
    assert (first["path"], first["end_line"], first["end_column"]) == ("storyboard.yaml", 5, 10)
    assert first["hint"] == "`prompt` is there already: keep one of the two"
    assert first["notes"] == []


def test_notes_of_the_document_have_places(film: Path, run: Callable) -> None:
    (film / "storyboard.yaml").write_text(TEXT + "scenes:\n  - {id: a, prompt: x}\n  - {id: a, prompt: y}\n")
    (found,) = json.loads(run("check", film, "--format", "json").out)["diagnostics"]
    (note,) = found["notes"]
    assert (note["message"], note["line"], note["column"]) == ("first used here", 4, 10)


def test_nothing_wrong_is_a_document_too(film: Path, run: Callable) -> None:
    (film / "storyboard.yaml").write_text(TEXT + "scenes:\n  - {id: a, prompt: x}\n")
    ran = run("check", film, "--format", "json")
    assert (ran.code, json.loads(ran.out)) == (0, {"diagnostics": [], "errors": 0, "warnings": 0})


def test_warnings_alone_are_no_failure(film: Path, run: Callable) -> None:
    (film / "storyboard.yaml").write_text(
        TEXT + "scenes:\n  - {id: a, prompt: x, generate_audio: false, dialogue: y}\n"
    )
    assert run("check", film).code == 0


def test_several_paths(film: Path, run: Callable) -> None:
    (film / "b.yaml").write_text(TEXT + "scenes:\n  - {id: a, prompt: x}\n")
    (film / "a.yaml").write_text(TEXT + "scenes:\n  - {id: a, promt: x}\n")
    ran = run("check", "storyboard.yaml", "b.yaml", "a.yaml")
    assert ran.code == 1
    assert ran.out.index("storyboard.yaml:5:5") < ran.out.index("a.yaml:4:13")
    assert ran.err.startswith("3 storyboards checked: ")
    assert run("check", "b.yaml", "b.yaml").code == 0
    assert run("check").code == 2


def test_github(film: Path, run: Callable) -> None:
    ran = run("check", "storyboard.yaml", "--format", "github")
    lines = ran.out.splitlines()
    assert lines[0].startswith("::error file=storyboard.yaml,line=5,endLine=5,col=5")
    assert "title=SB101" in lines[0]
    assert lines[0].partition("::")[2].count("::") == 1
    assert lines[1].startswith("::warning file=storyboard.yaml,line=6")
    assert (len(lines), ran.code) == (3, 1)


def test_no_text_begins_a_workflow_command(film: Path, run: Callable) -> None:
    text = (
        TEXT + 'scenes:\n  - id: "a\\n::set-output name=x::y"\n'
        '    "k%0A::stop-commands::z\\r\\n::error::mine": 1\n    prompt: x\n'
    )
    (film / "storyboard.yaml").write_text(text, encoding="utf-8")
    ran = run("check", film, "--format", "github")
    assert ran.out
    assert all(line.startswith(("::error file=", "::warning file=")) for line in ran.out.splitlines())
    assert "\r" not in ran.out
    assert "%250A" in ran.out


def test_sarif(film: Path, run: Callable) -> None:
    ran = run("check", "storyboard.yaml", "--format", "sarif")
    document = json.loads(ran.out)
    assert (document["version"], ran.code) == ("2.1.0", 1)
    assert document["$schema"].endswith("sarif-2.1.0.json")
    (one,) = document["runs"]
    driver = one["tool"]["driver"]
    assert driver["name"] == "storyboard"
    rules = {rule["id"]: rule for rule in driver["rules"]}
    assert len(rules) == len(driver["rules"])
    assert all(rule["shortDescription"]["text"] for rule in rules.values())
    assert [result["ruleId"] for result in one["results"]] == ["SB101", "SB115", "SB320"]
    for result in one["results"]:
        assert result["ruleId"] in rules
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert " " not in uri
        assert not uri.startswith("/")
        region = place["region"]
        assert 1 <= region["startLine"] <= region["endLine"]
        assert region["startColumn"] >= 1
        assert (region["endLine"], region["endColumn"]) > (region["startLine"], region["startColumn"])


def sarif_of(path: Path, run: Callable) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run("check", path, "--format", "sarif").out)
    return document


def test_a_sarif_result_names_its_rule_and_the_other_places(film: Path, run: Callable) -> None:
    (film / "twice.yaml").write_text(TEXT + "scenes:\n  - {id: a, prompt: x}\n  - {id: a, prompt: y}\n")
    (one,) = sarif_of(film / "twice.yaml", run)["runs"]
    (rule,), (result,) = one["tool"]["driver"]["rules"], one["results"]
    assert rule["shortDescription"]["text"] == "the id `…` is taken"
    assert rule["help"]["text"].startswith("the id `…` is taken. give one of the two another id. Source: ")
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert (result["ruleIndex"], one["columnKind"]) == (0, "unicodeCodePoints")
    (related,) = result["relatedLocations"]
    assert related["message"]["text"] == "first used here"
    assert related["physicalLocation"]["region"] == {
        "startLine": 4,
        "startColumn": 10,
        "endLine": 4,
        "endColumn": 11,
    }


def test_a_mistake_that_moves_is_the_same_to_sarif(film: Path, run: Callable) -> None:
    def prints() -> list[str]:
        (one,) = sarif_of(film / "storyboard.yaml", run)["runs"]
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in one["results"]]

    before = prints()
    assert len(set(before)) == 3
    (film / "storyboard.yaml").write_text(
        WARNED.replace("scenes:", "# one\n\n# more\nscenes:"), encoding="utf-8"
    )
    assert prints() == before
    (film / "storyboard.yaml").write_text(
        WARNED + "  - {id: late, prompt: reeds, cfg_scale: 2}\n", encoding="utf-8"
    )
    assert prints()[:3] == before
    assert len(set(prints())) == 4


def test_a_fix_in_sarif() -> None:
    span = Span("a b.yaml", 2, 3, 2, 8)
    fix = Fix("write `prompt`", (Edit(span, "prompt"),))
    document = sarif([Diagnostic("SB101", "error", "unknown key", span, fix=fix)])
    (result,) = document["runs"][0]["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "a%20b.yaml"
    (replacement,) = change["replacements"]
    assert replacement["insertedContent"] == {"text": "prompt"}
    assert replacement["deletedRegion"]["endColumn"] == 8


@pytest.mark.long
def test_every_message_is_sarif_to_its_published_schema(tmp_path: Path, run: Callable) -> None:
    """The schema comes with a package of those who wrote it."""
    package = unpacked("@microsoft/jest-sarif@1.0.0-beta.0", tmp_path)
    published = json.loads(
        (package / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")
    )
    judge = jsonschema.Draft7Validator(published)
    wrong = sorted((Path(__file__).parent / "golden" / "err").glob("*.yaml"))
    assert len(wrong) > 100
    for path in wrong:
        assert list(judge.iter_errors(sarif_of(path, run))) == [], path.name
    span = Span("a.yaml", 1, 1, 1, 2)
    fixed = Diagnostic("SB101", "error", "x", span, fix=Fix("cure", (Edit(span, "y"),)))
    assert list(judge.iter_errors(sarif([fixed]))) == []


signs = [*"ab%:,\r\n=;é", "::", "%0A", "%3A", "::error::", "##["]
texts = st.lists(st.sampled_from(signs), min_size=1, max_size=12).map("".join)


@settings(deadline=None, database=None, derandomize=True)
@given(texts, texts, texts)
def test_github_reads_back_what_was_meant(path: str, message: str, hint: str) -> None:
    """As its runner does: split at the first signs, then the escapes undone."""
    line = next(github([Diagnostic("SB101", "error", message, Span(path, 1, 2, 1, 5), hint)]))
    assert "\n" not in line
    assert "\r" not in line
    _, head, data = line.split("::", 2)
    name, _, properties = head.partition(" ")
    found = dict(part.split("=", 1) for part in properties.split(","))
    assert name == "error"
    assert unescaped(found.pop("file"), ":,") == path
    assert found == {"line": "1", "endLine": "1", "col": "2", "endColumn": "4", "title": "SB101"}
    assert unescaped(data) == f"{message}\n{hint}"


def unescaped(text: str, also: str = "") -> str:
    for sign in [*also, "\n", "\r", "%"]:
        text = text.replace(f"%{ord(sign):02X}", sign)
    return text


def test_the_address_of_a_sarif_result_is_one(film: Path, run: Callable) -> None:
    """`artifactLocation.uri` is a URI reference (SARIF 2.1.0, 3.4.3): a blank or a % in a name is written in code."""
    (film / "my film 100%.yaml").write_text(WARNED, encoding="utf-8")
    document = json.loads(run("check", "my film 100%.yaml", "--format", "sarif").out)
    place = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20film%20100%25.yaml"


HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202e\x9b31m"


def test_text_from_outside_is_safe_on_a_terminal(film: Path, run: Callable) -> None:
    escaped = json.dumps(HOSTILE)
    text = TEXT + f"scenes:\n  - id: {escaped}\n    {escaped}: 1\n    prompt: 'the @o\u202etter'\n"
    (film / "storyboard.yaml").write_text(text, encoding="utf-8")
    ran = run("check", film)
    assert ran.code == 1
    for character in ran.out + ran.err:
        assert character in "\n\t" or (ord(character) >= 0x20 and not 0x7F <= ord(character) < 0xA0)
    assert "\u202e" not in ran.out
    assert "^[" in ran.out


def test_a_terminal_that_knows_no_unicode(film: Path, process: Callable) -> None:
    (film / "storyboard.yaml").write_text(TEXT + "scenes:\n  - {id: 晨, promt: 水}\n", encoding="utf-8")
    ran = process("check", film, env={"PYTHONIOENCODING": "ascii"})
    assert ran.code == 1
    assert "SB101" in ran.out


@pytest.mark.skipif(os.name == "nt", reason="pipes that break are of Unix")
def test_a_reader_who_goes_away(film: Path) -> None:
    import subprocess

    many = TEXT + "scenes:\n" + "".join(f"  - {{id: s{n}, promt: x}}\n" for n in range(3000))
    (film / "storyboard.yaml").write_text(many, encoding="utf-8")
    command = f"{sys.executable} -m storyboard check storyboard.yaml | head -1"
    ran = subprocess.run(
        ["/bin/sh", "-c", command], cwd=film, capture_output=True, text=True, timeout=60, check=False
    )
    assert "SB101" in ran.stdout
    assert "Traceback" not in ran.stderr
    assert "BrokenPipe" not in ran.stderr


def test_a_storyboard_of_a_thousand_scenes_is_quick(film: Path, process: Callable) -> None:
    """A guard against what grows with the square; the exact figures are the benchmarks' matter."""
    import time

    text = (
        TEXT
        + "scenes:\n"
        + "".join(
            f"  - id: s{n}\n    shots:\n      - a 4s: reeds {n}\n      - b 4s: a heron\n" for n in range(1000)
        )
    )
    (film / "storyboard.yaml").write_text(text, encoding="utf-8")
    before = time.monotonic()
    assert process("check", film).code == 0
    assert time.monotonic() - before < 10


def test_other_places_of_a_diagnostic(film: Path, run: Callable) -> None:
    """Each form names them: frames show them, SARIF relates them, GitHub gets them in words."""
    (film / "twice.yaml").write_text(TWICE, encoding="utf-8")
    shown = run("check", "twice.yaml").out
    assert (
        "note: first used here (twice.yaml:4:10)\n  4 |   - {id: a, prompt: x}\n    |          -\n" in shown
    )
    result = json.loads(run("check", "twice.yaml", "--format", "sarif").out)["runs"][0]["results"][0]
    (related,) = result["relatedLocations"]
    assert related["message"]["text"] == "first used here"
    assert related["physicalLocation"]["region"]["startLine"] == 4
    (line,) = run("check", "twice.yaml", "--format", "github").out.splitlines()
    assert "col=10,endColumn=10" in line
    assert "%0Afirst used here (twice.yaml:4)" in line


def test_cures_of_a_diagnostic(film: Path, run: Callable) -> None:
    """Programs get the edits, in the document and in SARIF."""
    text = (
        TEXT
        + "scenes:\n  - id: a\n    promt: x\n  - id: b\n    prompt: boat #2\n  - {id: c, prompt: x, colour: blue}\n"
    )
    (film / "cured.yaml").write_text(text, encoding="utf-8")
    first, second, third = json.loads(run("check", "cured.yaml", "--format", "json").out)["diagnostics"]
    assert (first["fix"]["title"], third["fix"]) == ("call it `prompt`", None)
    place = {"path": "cured.yaml", "line": 5, "column": 5, "end_line": 5, "end_column": 10}
    assert first["fix"]["edits"] == [{**place, "text": "prompt"}]
    assert (second["code"], second["fix"]) == ("SB115", None)
    results = json.loads(run("check", "cured.yaml", "--format", "sarif").out)["runs"][0]["results"]
    (fix,) = results[0]["fixes"]
    (change,) = fix["artifactChanges"]
    (replacement,) = change["replacements"]
    assert change["artifactLocation"]["uri"] == "cured.yaml"
    assert replacement["deletedRegion"] == {"startLine": 5, "startColumn": 5, "endLine": 5, "endColumn": 10}
    assert replacement["insertedContent"] == {"text": "prompt"}
    assert "fixes" not in results[2]


def test_rules_of_sarif_are_explained(film: Path, run: Callable) -> None:
    (one,) = json.loads(run("check", "storyboard.yaml", "--format", "sarif").out)["runs"]
    rule = one["tool"]["driver"]["rules"][0]
    assert rule["id"] == "SB101"
    assert rule["fullDescription"]["text"].startswith("No field has this name here.")
    assert "```yaml" in rule["help"]["markdown"]
    assert rule["defaultConfiguration"] == {"level": "error"}


def test_what_to_do_next_is_offered_on_a_terminal_alone(film: Path, run: Callable) -> None:
    assert "explain" not in run("check", "storyboard.yaml").err
    found = check(locate(Path("storyboard.yaml")), {}).diagnostics
    assert offers(found[:2]) == "`storyboard explain SB101` says more"
    (film / "storyboard.yaml").write_text(
        TEXT + "scenes:\n  - {id: a, promt: x, colour: y}\n", encoding="utf-8"
    )
    found = check(locate(Path("storyboard.yaml")), {}).diagnostics
    assert offers(found) == "`check --fix` mends 1 of them; `storyboard explain SB101` says more"
    assert offers(found[:1]) == "`check --fix` mends it; `storyboard explain SB101` says more"
    assert offers(()) is None
