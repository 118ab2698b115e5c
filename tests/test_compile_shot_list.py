"""The shot list: what people, the animatic and the cut are told of each shot, in their words and not in fal's."""

from __future__ import annotations

from in_memory import TEXT, shipped

from storyboard.catalog.endpoints import catalog
from storyboard.compile.compiler import Surroundings, compile_storyboard
from storyboard.compile.shot_list import DialogueLine, ShotList
from storyboard.findings import Report
from storyboard.read.load import read

FILM = (
    TEXT
    + """title: Reeds
elements:
  heron: {name: the heron, description: a grey bird}
voices: {mara: 829877809978941442}
defaults: {aspect_ratio: "9:16", prompt: {important_details: [35mm, grain]}}
scenes:
  - id: dawn
    take: 2
    prompt: {scene: a lake}
    shots:
      - id: wide
        duration: 4
        note: "hold: two breaths"
        prompt: {camera: static, subject_motion: "@heron and @@home"}
        dialogue: ["mara (low): the @heron", a silence, "渔夫：别动"]
      - 3s: reeds
  - id: noon
    generate_audio: false
    prompt: {verbatim: "the @heron <<<mara>>> {{ x }}"}
cut:
  size: 1280x720
  fps: 25
  transitions: [{from: dawn, to: noon, kind: dissolve, duration: 0.75}]
"""
)


def listed(text: str) -> ShotList:
    report = Report()
    _, storyboard = read("s.yaml", text.encode(), {}, report)
    assert storyboard is not None, report.diagnostics()
    return compile_storyboard(storyboard, catalog(), Surroundings(templates=shipped()), report).shot_list


def test_scenes_and_shots_in_order() -> None:
    film = listed(FILM)
    assert (film.title, film.size, film.fps) == ("Reeds", (1280, 720), 25)
    assert [(scene.id, scene.seconds, scene.audio, scene.take) for scene in film.scenes] == [
        ("dawn", 7, True, 2),
        ("noon", 5, False, 1),
    ]
    assert [(shot.scene, shot.id, shot.seconds) for shot in film.shots] == [
        ("dawn", "wide", 4),
        ("dawn", "2", 3),
        ("noon", "1", 5),
    ]
    assert {scene.aspect_ratio for scene in film.scenes} == {"9:16"}
    assert {scene.height for scene in film.scenes} == {720}


def test_people_read_names_not_tags() -> None:
    wide, second, noon = listed(FILM).shots
    assert wide.sections == {
        "scene": "a lake",
        "subject_motion": "the heron and @home",
        "camera": "static",
        "important_details": "35mm, grain",
    }
    assert second.sections["subject_motion"] == "reeds"
    assert noon.sections == {"subject_motion": "the the heron mara {{ x }}"}


def test_dialogue_and_notes() -> None:
    wide = listed(FILM).shots[0]
    assert wide.note == "hold: two breaths"
    assert wide.dialogue == (
        DialogueLine("the the heron", "mara", "low"),
        DialogueLine("a silence"),
        DialogueLine("别动", "渔夫"),
    )


def test_transitions_are_exact_text() -> None:
    (transition,) = listed(FILM).transitions
    assert (transition.before, transition.after, transition.kind, transition.seconds) == (
        "dawn",
        "noon",
        "dissolve",
        "0.75",
    )


def test_every_shot_leads_back_to_its_line() -> None:
    assert [shot.span.line for shot in listed(FILM).shots] == [13, 18, 19]
