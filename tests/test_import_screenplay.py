"""`storyboard import` of screenplays: every mark of Fountain, and no text that it stumbles over."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_memory import Read, compiled

from storyboard.editor.fmt import formatted
from storyboard.imports.draft import Draft, Unusable
from storyboard.imports.fountain import draft_of_screenplay
from storyboard.imports.screenplay import parts, plain
from storyboard.imports.write import still_missing, storyboard_text

QUICK = settings(
    max_examples=80, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
TRAM = """\
Title:
    The _Last_ Tram
Author: A. N. Other

FADE IN:

# Act One

= Ines meets Tom.

INT. TRAM - NIGHT #1A#

An old woman, INES (70s, mustard cardigan), looks @ the rain.

TOM, a young man in a flat cap, stands beside her.

TOM
(politely)
Is this seat
taken?

INES (V.O.)
For thirty years it was: sit down.

TOM ^
Thank you.

[[a bell here]]

/* she never
says this */

DISSOLVE TO:

EXT. STREET - CONTINUOUS

!INES
The tram passes. *Slowly*.

@McAvoy
~la la la

===

> THE END <
"""


def imported(text: str) -> tuple[Draft, str, Read]:
    """The draft, its text, and what check makes of that."""
    draft = draft_of_screenplay(text)
    made = storyboard_text(draft, "from a test")
    assert formatted(made) == made
    return draft, made, compiled(made)


def test_the_parts_of_a_screenplay() -> None:
    found = [(part.kind, part.text, part.line) for part in parts(TRAM) if part.kind != "note"]
    assert found == [
        ("title", "The Last Tram", 2),
        ("title", "A. N. Other", 3),
        ("transition", "FADE IN:", 5),
        ("section", "Act One", 7),
        ("synopsis", "Ines meets Tom.", 9),
        ("heading", "INT. TRAM - NIGHT", 11),
        ("action", "An old woman, INES (70s, mustard cardigan), looks @ the rain.", 13),
        ("action", "TOM, a young man in a flat cap, stands beside her.", 15),
        ("character", "TOM", 17),
        ("how", "politely", 18),
        ("speech", "Is this seat taken?", 19),
        ("character", "INES (V.O.)", 22),
        ("speech", "For thirty years it was: sit down.", 23),
        ("character", "TOM", 25),
        ("speech", "Thank you.", 26),
        ("transition", "DISSOLVE TO:", 33),
        ("heading", "EXT. STREET - CONTINUOUS", 35),
        ("action", "INES The tram passes. Slowly.", 37),
        ("character", "McAvoy", 40),
        ("lyrics", "la la la", 41),
        ("centered", "THE END", 45),
    ]
    assert [(part.text, part.line) for part in parts(TRAM) if part.kind == "note"] == [("a bell here", 28)]
    assert [part.text for part in parts(TRAM) if part.dual] == ["TOM"]


def test_a_screenplay_becomes_a_film() -> None:
    draft, text, read = imported(TRAM)
    assert [d for d in read.diagnostics if d.severity == "error"] == []
    assert "title: The Last Tram\n" in text
    assert [scene.id for scene in draft.scenes] == ["tram-night", "street-continuous"]
    assert [(e.name, e.fields["name"], e.fields["description"]) for e in draft.elements] == [
        ("tom", "Tom", "a young man in a flat cap"),
        ("ines", "Ines", "70s, mustard cardigan"),
        ("mcavoy", "McAvoy", "a person"),
    ]
    tram, street = draft.scenes
    assert tram.above == ("Act One", "Ines meets Tom.")
    assert tram.note == "a bell here"
    assert [shot.prompt["subject_motion"] for shot in tram.shots] == [
        "An old woman, @ines, looks @@ the rain.",
        "@tom stands beside her.",
        "a voice is heard",
    ]
    assert [shot.dialogue for shot in tram.shots] == [
        (),
        ("tom (politely): Is this seat taken?",),
        ("ines (voice over): For thirty years it was: sit down.", "tom: Thank you."),
    ]
    assert street.shots[-1].dialogue == ("mcavoy (singing): la la la",)
    assert [(t.before, t.after, t.kind) for t in draft.transitions] == [
        ("tram-night", "street-continuous", "dissolve")
    ]
    assert draft.cards == {"end": "THE END"}
    assert still_missing(draft) == {"budget": 1, "description": 1, "start_image": 2}
    assert text.count("# still missing: start_image\n") == 2
    first, second = read.requests
    assert [shot["prompt"] for shot in first.arguments["multi_prompt"]][1] == (
        'Tom (a young man in a flat cap) stands beside her. Tom (politely): "Is this seat taken?"'
    )
    assert "looks @ the rain" in first.arguments["multi_prompt"][0]["prompt"]
    assert second.arguments["prompt"].startswith("Scene: exterior, street, continuous\n")


HEARD = {
    "BOB\nHello.": ("@bob speaks", ["bob: Hello."]),
    "BOB (V.O.)\nHello.": ("a voice is heard", ["bob (voice over): Hello."]),
    "BOB (O.S.)\n(softly)\nHello.\n(loud)\nYou!": (
        "a voice is heard",
        ["bob (off screen, softly): Hello.", "bob (off screen, loud): You!"],
    ),
    "BOB (VO) (CONT'D)\nHello.": ("a voice is heard", ["bob (voice over): Hello."]),
    "BOB (low) (O.C.)\n~la": ("a voice is heard", ["bob (low, off camera, singing): la"]),
    "He sits.\n\nBOB (O.S.)\nHello.": ("He sits.", ["bob (off screen): Hello."]),
}


@pytest.mark.parametrize("text", HEARD)
def test_who_is_heard_and_not_seen_stays_so(text: str) -> None:
    draft, _, read = imported(f"INT. A - DAY\n\n{text}\n")
    assert [d for d in read.diagnostics if d.severity == "error"] == []
    [shot] = draft.scenes[0].shots
    assert (shot.prompt["subject_motion"], list(shot.dialogue)) == HEARD[text]


def test_lyrics_under_nobody_are_nobody_s() -> None:
    draft, _, _ = imported("INT. A\n\nBOB (O.S.)\nHello.\n\n~la la\n")
    assert [shot.dialogue for shot in draft.scenes[0].shots] == [
        ("bob (off screen): Hello.",),
        ("a voice (singing): la la",),
    ]


def test_a_heading_without_action_is_told_and_its_remarks_are_kept() -> None:
    draft, _, _ = imported(
        "# Act One\n\nINT. EMPTY - DAY\n\n[[why?]]\n\n= Then.\n\nINT. B\n\nGo.\n\nINT. LAST\n"
    )
    assert [scene.id for scene in draft.scenes] == ["b"]
    assert draft.scenes[0].above == ("Act One", "why?", "Then.")
    assert draft.remarks == (
        "line 3: nothing happens below INT. EMPTY - DAY: it became no scene",
        "line 13: nothing happens below INT. LAST: it became no scene",
    )


TRANSITIONS = {
    "CUT TO:": None,
    "SMASH CUT TO:": None,
    "FADE TO BLACK.": "fade-black",
    "FADE TO WHITE:": "fade-white",
    "> dissolve to": "dissolve",
    "WIPE TO:": "wipe",
    "FADE OUT.": "fade-black",
}


@pytest.mark.parametrize("words", TRANSITIONS)
def test_transitions(words: str) -> None:
    draft, text, read = imported(f"INT. A\n\nOne.\n\n{words}\n\nINT. B\n\nTwo.\n")
    kind = TRANSITIONS[words]
    assert [t.kind for t in draft.transitions] == ([kind] if kind else [])
    assert ("cut:" in text) == (kind is not None)
    assert read.codes == []


def test_a_transition_that_no_cut_knows_is_told() -> None:
    draft, _, _ = imported("INT. A\n\nOne.\n\nIRIS TO:\n\nINT. B\n\nTwo.\n")
    assert draft.remarks == ("the transition IRIS TO: became a cut: the cut knows no such kind",)


def test_long_scenes_are_split_at_shots() -> None:
    action = "\n\n".join(
        f"The heron number {n} walks along the reeds and looks for a fish that it can eat." for n in range(20)
    )
    draft, _, read = imported(f"EXT. LAKE - DAWN\n\n{action}\n")
    assert read.codes == []
    assert [scene.id for scene in draft.scenes][:2] == ["lake-dawn-1", "lake-dawn-2"]
    assert all(len(scene.shots) <= 6 for scene in draft.scenes)
    assert all(3 <= request.seconds <= 15 for request in read.requests)
    assert sum(len(scene.shots) for scene in draft.scenes) == 20


def test_one_paragraph_of_any_length() -> None:
    _, _, read = imported(
        "INT. A\n\n"
        + "The heron walks, looks, waits. " * 300
        + "\n\nTOM\n"
        + "and then and then " * 400
        + "\n"
    )
    assert read.codes == []


def test_text_that_would_mean_something_to_us_means_nothing() -> None:
    hostile = (
        "a@b.c, @nobody, @Element1, {{ 7 * 7 }}, {% include 'x' %}, {# gone #} <<<mara>>> #5 and 50% off: so."
    )
    _, _, read = imported(f"INT. A\n\n{hostile}\n\nMARA\n{hostile}\n")
    assert [d for d in read.diagnostics if d.severity == "error"] == []
    sent = hostile.replace("@Element1", "Element1").replace("<<<", "<< <")
    assert sum(json.dumps(request.arguments).count(json.dumps(sent)[1:-1]) for request in read.requests) == 2


@pytest.mark.parametrize("text", ["", "\n\n", "Title: x\n", "INT. NOWHERE\n", "/* all gone", "===\n\n===\n"])
def test_nothing_to_shoot(text: str) -> None:
    with pytest.raises(Unusable, match="no shot"):
        draft_of_screenplay(text)


MARKS = """INT. A - DAY|EXT. 森 - 朝|.X|MARA|MARA (V.O.)|@Mc|TOM ^|(softly)|~la|> X <|> X|CUT TO:|FADE OUT.|# a|= b|===|
[[n|]]|/*|*/|!X||||  |Title: x|He *waits* for @her {{ x }}.|a: b|...|{%|<<<x>>>"""
lines = st.sampled_from(MARKS.replace("\n", "").split("|"))
anything = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@QUICK
@given(st.lists(lines | anything, max_size=30).map("\n".join))
def test_any_text_is_a_storyboard_or_refused_in_words(text: str) -> None:
    try:
        _, _, read = imported(text)
    except Unusable:
        return
    assert [d for d in read.diagnostics if d.severity == "error"] == []


EMPHASIS = {
    "*a* b": "a b",
    "**bold *it* x**": "bold it x",
    "***all*** _of *it*_": "all of it",
    "*a **b** c*": "a b c",
    "*a _b* c_": "a b c",
    "2 * 3 * 4": "2 * 3 * 4",
    r"\*a\* *b*": "*a* b",
    "*open": "*open",
    "****": "****",
    "_ _": "_ _",
}


@pytest.mark.parametrize("text", EMPHASIS)
def test_marks_of_emphasis_are_taken_away_in_pairs(text: str) -> None:
    assert plain(text) == EMPHASIS[text]


MANY = {
    "notes that nobody closes": "[[" * 60_000,
    "notes": "[[a]]\n" * 20_000,
    "emphasis that nobody closes": "*a " * 30_000,
    "emphasis that nobody opens": "_a_ a_ " * 20_000,
    "stars": "*" * 90_000,
    "brackets": "(" * 90_000 + "\nx",
    "extensions": "BOB " + "(x)" * 30_000 + "\nx",
    "blanks in a heading": "INT. X" + " " * 90_000 + "y",
    "lyrics in one block": "~a\n" * 20_000,
}


@pytest.mark.parametrize("name", MANY)
def test_no_text_takes_long(name: str) -> None:
    begun = time.process_time()
    with contextlib.suppress(Unusable):
        draft_of_screenplay(f"INT. X - DAY\n\nHe goes.\n\n{MANY[name]}\n")
    assert time.process_time() - begun < 5


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "storyboard.toml").touch()
    (tmp_path / "tram.fountain").write_text(TRAM, encoding="utf-8")
    return tmp_path


def test_the_command(project: Path, run: Callable) -> None:
    ran = run("import", "tram.fountain")
    assert (ran.code, ran.out) == (0, "wrote storyboard.yaml\n")
    assert ran.err.splitlines() == [
        "2 scenes, 4 shots, 14 s",
        "still missing: budget, description, start_image (2)",
    ]
    assert run("check", ".").code == 0
    assert run("fmt", "--check", ".").code == 0


def test_what_is_there_is_not_replaced_unasked(project: Path, run: Callable) -> None:
    film = project / "storyboard.yaml"
    for mine, replaced in (("my notes", False), ("storyboard: 1\ntitle: mine\n", True)):
        film.write_text(mine, encoding="utf-8")
        assert run("import", "tram.fountain").code == 2
        assert film.read_text(encoding="utf-8") == mine
        assert (run("import", "tram.fountain", "--force").code == 0) is replaced
    assert run("import", "tram.fountain", "-o", "b.yaml").code == 0
    assert (project / "b.yaml").read_bytes() == (project / "storyboard.yaml").read_bytes()


def test_from_standard_input_to_standard_output(
    project: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    class Stdin:
        buffer: Any = io.BytesIO(TRAM.encode())

    monkeypatch.setattr(sys, "stdin", Stdin)
    ran = run("import", "-", "-o", "-")
    assert ran.code == 0
    assert ran.out.startswith("# from standard input, as fountain\nstoryboard: 1\n")
    assert not (project / "storyboard.yaml").exists()


BAD = {
    "empty.fountain": (b"", "empty.fountain: there is no action and no dialogue in it, so no shot"),
    "latin.fountain": ("INT. A\n\nCafé.\n".encode("latin-1"), "latin.fountain:3: it is not UTF-8 there"),
    "big.fountain": (b"x" * (4 * 1024 * 1024 + 1), "big.fountain: it is larger than 4 MiB"),
    "x.csv": (b"a,b\n1,2\n", "x.csv:1: no row in its first 12 names columns"),
    "only.csv": (b"scene,description\n", "only.csv: there are column names, and no row"),
    "x.json": (b'{\n"prompt": \n}', "x.json:3: this is no JSON"),
    "none.json": (b"[]", "none.json: there is no request in it"),
    "odd.json": (b'{"prompt": "x", "endpoint": "fal-ai/other"}', "odd.json: request 1 is for fal-ai/other"),
    "deep.json": (b"[" * 100_000, "deep.json: this JSON is nested too deep"),
    "half.json": (
        b'{"prompt": "x", "duration": 2.5}',
        "half.json: request 1 has a duration that is no whole number",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_can_t_be_imported_is_said_in_one_paragraph(name: str, project: Path, run: Callable) -> None:
    data, said = BAD[name]
    (project / name).write_bytes(data)
    ran = run("import", name)
    assert ran.code == 2
    assert ran.err.startswith(f"storyboard: {said}")
    assert ran.err.count("\n") == 1
    assert "Nothing was written." in ran.err
    assert not (project / "storyboard.yaml").exists()
