"""`storyboard import` of shot lists: columns by many names, any sign between them, and our own export back."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_memory import Read, compiled, still

from storyboard.catalog.endpoints import catalog
from storyboard.imports.draft import Draft, Unusable
from storyboard.imports.form import Form, decoded, form_of
from storyboard.imports.shot_list import draft_of_shot_list
from storyboard.imports.write import still_missing, storyboard_text

QUICK = settings(
    max_examples=80, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
STILLS = {"stills/a.png": still("stills/a.png", "a" * 64)}


def imported(text: str) -> tuple[Draft, Read]:
    draft = draft_of_shot_list(text, lambda name: name if name in STILLS else None)
    return draft, compiled(storyboard_text(draft, "from a test"), media=STILLS)


def test_a_shot_list_becomes_a_film() -> None:
    draft, read = imported(
        "My film,,,,,,\n"
        "Scene,Shot,Description,Camera,Shot size,Dur.,Dialogue,SFX,Image,Notes,Location\n"
        "1A,1,A heron @ the lake,slow pan,wide,4s,,wind,stills/a.png,at dawn,lake\n"
        '1A,2,"It flies, {{ off }}",static,close,2.6,"MARA: hello\nTOM: hi: you",,,,\n'
        "2,,Reeds,,,0:05,,,stills/none.png,,\n"
    )
    assert read.codes == []
    first, second = read.requests
    assert first.endpoint.endswith("standard/image-to-video")
    assert [shot["duration"] for shot in first.arguments["multi_prompt"]] == ["4", "3"]
    assert [shot["prompt"] for shot in first.arguments["multi_prompt"]] == [
        "lake. slow pan, wide. A heron @ the lake. wind.",
        'static, close. It flies, {{ off }}. MARA: "hello". TOM: "hi: you".',
    ]
    assert second.seconds == 5
    assert [shot.id for shot in draft.scenes[0].shots] == ["1", "2"]
    assert draft.scenes[0].shots[0].note == "at dawn"
    assert still_missing(draft) == {"budget": 1, "start_image": 1}
    assert draft.remarks == (
        "line 6: there is no still stills/none.png",
        "line 5: rounded to whole seconds, as Kling takes them",
    )


@pytest.mark.parametrize("delimiter", list(",;\t|"))
@pytest.mark.parametrize(
    "names", ["Scene,Action,Seconds", "SCENE #,Shot Description,Duration (sec)", "sc,visual,length"]
)
def test_columns_by_other_names(names: str, delimiter: str) -> None:
    text = names.replace(",", delimiter) + f"\r\ndawn{delimiter}A heron, by the lake; alone{delimiter}7\r\n"
    text = text.replace("A heron, by the lake; alone", '"A heron, by the lake; alone"')
    _, read = imported(text.replace("SCENE #", "Scene No."))
    (request,) = read.requests
    assert (request.scene, request.seconds) == ("dawn", 7)
    assert request.arguments["prompt"] == "Subject motion: A heron, by the lake; alone"


DURATIONS = {
    "4": 4,
    "4s": 4,
    "4,5 sec": 5,
    "3.2": 3,
    "0:04": 4,
    "00:00:04:12": 4,
    "": 3,
    "long": 3,
}


@pytest.mark.parametrize("said", DURATIONS)
def test_durations(said: str) -> None:
    draft, read = imported(f'scene,description,duration\na,Reeds,"{said}"\n')
    assert read.requests[0].seconds == DURATIONS[said]
    assert ("duration" in still_missing(draft)) == (said in {"", "long"})


ENDPOINTS = {
    ("kling-v3-4k", "stills/a.png"): ("kling-v3-4k", 0),
    ("kling-v3-4k", ""): ("kling-v3-4k-text", 1),
    ("kling-v3-pro-text", ""): ("kling-v3-pro-text", 0),
    ("kling-v3-pro-text", "stills/a.png"): ("kling-v3-pro", 1),
    ("fal-ai/kling-video/v3/pro/image-to-video", "stills/a.png"): ("kling-v3-pro", 0),
    ("veo-text", ""): ("kling-v3-standard-text", 1),
    ("", "stills/a.png"): ("kling-v3-standard", 0),
}


@pytest.mark.parametrize(("named", "image"), ENDPOINTS)
def test_the_endpoint_that_is_named_is_taken_or_told_of(named: str, image: str) -> None:
    draft, read = imported(f"scene,description,duration,endpoint,image\n1,reeds,5,{named},{image}\n")
    alias, remarks = ENDPOINTS[named, image]
    assert [catalog().find(request.endpoint).alias for request in read.requests] == [alias]
    assert (len(draft.remarks), all(alias in remark for remark in draft.remarks)) == (remarks, True)


KEPT = "columns without a place of their own, kept in notes: "
UNTAKEN = {
    "description,description\nx,y": ("description: y", [f"{KEPT}description"]),
    "description,Mood,,dur\nx,sad,blue,4\nz,glad,,4": (
        "Mood: sad; column 4: blue",
        [f"{KEPT}Mood, column 4"],
    ),
    "description,duration\nx,4,more": ("column 4: more", [f"{KEPT}column 4"]),
    "description,duration,mood\nx,4,": ("", []),
    "description,notes,mood\nx,of mine,sad": ("of mine; mood: sad", [f"{KEPT}mood"]),
    'description,duration\nx,4\n"y,5\nz,6\n': ("", ['line 3: a " is opened there and never closed: all']),
    'description,duration\nx,4\n"y ""of"" z",5': ("", []),
}


@pytest.mark.parametrize("rows", UNTAKEN)
def test_what_is_not_taken_is_kept_in_notes_and_told(rows: str) -> None:
    note, remarks = UNTAKEN[rows]
    head, _, below = rows.partition("\n")
    draft, read = imported(f"shot,{head}\n" + "".join(f"1,{row}\n" for row in below.splitlines()))
    assert read.codes == []
    assert draft.scenes[0].shots[0].note == note
    assert len(draft.remarks) == len(remarks)
    assert all(said.startswith(each) for said, each in zip(draft.remarks, remarks, strict=True))


LONG = """\
scene,shot,description,duration,dialogue
1,a,A heron,0:20,MARA: hello
1,b,Reeds,0:40,
2,,Lake,abc,
3,,Rain,1:30:00,
4,,Snow,0,
"""


def test_no_length_is_cut_without_a_word() -> None:
    draft, read = imported(LONG)
    assert read.codes == []
    assert [(request.scene, request.seconds) for request in read.requests] == [
        *[("1-1", 10), ("1-2", 10), ("1-3", 14), ("1-4", 13), ("1-5", 13)],
        *[("2", 3), ("3", 3), ("4", 3)],
    ]
    notes = [shot.note for scene in draft.scenes for shot in scene.shots]
    assert notes[:3] == ["part 1 of 2 of 20 s", "part 2 of 2 of 20 s", "part 1 of 3 of 40 s"]
    assert notes[5:7] == ["duration in the shot list: abc", "duration in the shot list: 1:30:00"]
    assert [bool(shot.dialogue) for scene in draft.scenes for shot in scene.shots].count(True) == 1
    assert draft.remarks == (
        "line 2: 0:20 is more than the 15 s of a clip: 2 parts",
        "line 3: 0:40 is more than the 15 s of a clip: 3 parts",
        "line 4: abc is no length of a shot: kept as a note",
        "line 5: 1:30:00 is no length of a shot: kept as a note",
        "scene 4: 1 s became 3 s, as no clip is shorter than 3 s",
        "line 6: rounded to whole seconds, as Kling takes them",
    )


@settings(QUICK, max_examples=30)
@given(st.lists(st.integers(1, 120), min_size=1, max_size=6))
def test_the_film_is_as_long_as_the_list_says(lengths: list[int]) -> None:
    """But for clips that would be too short, of which it is told."""
    rows = "".join(f"{n // 3},reeds,{seconds}\n" for n, seconds in enumerate(lengths))
    draft, read = imported(f"scene,description,duration\n{rows}")
    assert read.codes == []
    told = sum(
        int(after) - int(before)
        for before, after in re.findall(r": (\d+) s became (\d+) s", str(draft.remarks))
    )
    assert sum(request.seconds for request in read.requests) == sum(lengths) + told


def test_a_long_scene_is_split() -> None:
    rows = "".join(f"one,shot {n},4\n" for n in range(9))
    _, read = imported(f"scene,description,duration\n{rows}")
    assert read.codes == []
    assert [(request.scene, request.seconds) for request in read.requests] == [
        ("one-1", 12),
        ("one-2", 12),
        ("one-3", 12),
    ]


def test_words_beyond_what_a_shot_may_have() -> None:
    _, read = imported(
        "scene,description,duration\none," + "the heron waits. " * 400 + ",5\ntwo," + "x" * 9000 + ",5\n"
    )
    assert read.codes == []


def test_no_cell_takes_long() -> None:
    begun = time.process_time()
    imported("scene,description,dialogue\n1,x,a" + " " * 40_000 + "b / c\n")
    assert time.process_time() - begun < 5


def test_utf_16_as_spreadsheets_write_it() -> None:
    data = "scene\tdescription\n晨\t一只船\n".encode("utf-16")
    _, read = imported(decoded(data))
    assert [request.scene for request in read.requests] == ["晨"]


FORMS = {
    ("x.fountain", "a,b"): Form.fountain,
    ("x.csv", "INT. A"): Form.csv,
    ("x.json", "x"): Form.fal,
    ("-", '\ufeff {"prompt": "x"}'): Form.fal,
    ("-", "[{}]"): Form.fal,
    ("-", "[[note]]\nINT. A"): Form.fountain,
    ("-", "Scene;Description\n1;x"): Form.csv,
    ("x.txt", "INT. KITCHEN - DAY\n\nShe eats."): Form.fountain,
}


@pytest.mark.parametrize(("name", "text"), FORMS)
def test_the_form_is_guessed(name: str, text: str) -> None:
    assert form_of(name, text) is FORMS[name, text]


cells = st.text(st.characters(exclude_categories=("Cs",)), max_size=30) | st.sampled_from(
    ["4", "a: b", "@x", "{{ y }}", "=1", "x.png", "kling-v3-pro", "kling-v3-motion", "none-text"]
)
NAMES = "scene shot description camera size duration dialogue audio still notes place endpoint other"
headers = st.lists(st.sampled_from(NAMES.split()), min_size=2, unique=True)


@QUICK
@given(headers, st.lists(st.lists(cells, max_size=9), max_size=12), st.sampled_from(",;\t|"))
def test_any_table_is_a_storyboard_or_refused_in_words(
    header: list[str], rows: list[list[str]], sign: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=sign).writerows([header, *rows])
    try:
        _, read = imported(text.getvalue())
    except Unusable:
        return
    assert [d for d in read.diagnostics if d.severity == "error"] == []


@QUICK
@given(st.text(max_size=200))
def test_any_text_is_refused_in_words(text: str) -> None:
    try:
        imported(text)
    except Unusable:
        return


def test_our_own_export_comes_back(tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    shutil.copytree(
        Path(__file__).parents[1] / "examples" / "potters-morning",
        tmp_path / "film",
        ignore=shutil.ignore_patterns(".storyboard", "*.mp4"),
    )
    monkeypatch.chdir(tmp_path / "film")
    (tmp_path / "film" / "storyboard.toml").touch()
    assert run("export", ".", "--format", "csv", "-o", "shots.csv").code == 0
    ran = run("import", "shots.csv", "-o", "again.yaml")
    assert ran.code == 0, ran.err
    first, again = (run("expand", name).out for name in ("storyboard.yaml", "again.yaml"))
    import json

    def told(text: str) -> list[tuple[str, int, list[tuple[str, int]]]]:
        return [
            (row["scene"], row["seconds"], [(shot["id"], shot["seconds"]) for shot in row["shots"]])
            for row in json.loads(text)["requests"]
        ]

    assert told(again) == told(first)
    assert "kind: dissolve" in (tmp_path / "film" / "again.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("output", ["csv/", "there"])
def test_a_folder_gets_the_storyboard(
    output: str, tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    (tmp_path / "s.csv").write_text("scene,description,duration\n1,reeds,abc\n", encoding="utf-8")
    ran = run("import", "s.csv", "-o", output)
    written = tmp_path / output / "storyboard.yaml"
    assert (ran.code, ran.out) == (0, f"wrote {Path(output) / 'storyboard.yaml'}\n")
    assert 'note: "duration in the shot list: abc"' in written.read_text(encoding="utf-8")
    assert "line 2: abc is no length of a shot: kept as a note\n" in ran.err
