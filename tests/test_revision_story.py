"""`storyboard diff`: how the story differs from what it was, in every form, and in no other way than it was written."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from a_repository import Repository, repository
from hostile.boards import board
from hypothesis import given
from hypothesis import strategies as st
from in_memory import compiled
from test_architecture import HEAVY, LOADED
from test_hostile_terminal import EVIL_BOARDS, RAW

from storyboard.plan.pairing import moved, paired
from storyboard.plan.revisions import Revision
from storyboard.plan.story.story import Story, story_of
from storyboard.report.revision_schema import story_schema
from storyboard.report.story.document import story_document
from storyboard.report.story.forms import as_markdown, as_page, as_text
from storyboard.report.story.outline import Outline, outline
from storyboard.report.table import columns

__all__ = ["repository"]

GOLDEN = Path(__file__).parent / "golden" / "diff"
REVISION = Revision("main", "main at 1a2b3c4d", "1a2b3c4d" * 5, "storyboard.yaml")
HEAD = "storyboard: 1\nendpoint: kling-v3-standard-text\n"

BEFORE = """storyboard: 1
title: The potter's morning
budget: 12.00
endpoint: kling-v3-standard

elements:
  potter: {frontal_image: stills/potter.png, reference_images: [stills/potter.png]}
  bowl: {description: a blue bowl}
  cat: {name: the cat, description: a grey cat}
defaults:
  start_image: stills/dawn.png
  generate_audio: false
  prompt: {important_details: 35mm}
scenes:
  - id: dawn
    shots:
      - wide 4s: "@potter enters and sits at the wheel, static wide"
      - id: hands
        duration: 4
        prompt: {camera: slow push, subject_motion: "@potter turns the @bowl slowly"}
      - {id: door, duration: 3, prompt: the door falls shut}
  - id: window
    duration: 6
    generate_audio: true
    prompt: a woman looks out at the rain
    dialogue: ["a voice (whispering): there you are", a long silence]
  - {id: fog, duration: 3, prompt: fog in the yard}
  - {id: kiln, duration: 5, prompt: the kiln glows}
  - {id: shelf, duration: 3, prompt: a shelf of bowls}
  - {id: wheel, duration: 3, prompt: the wheel stands still}
cut:
  order: [dawn, window, fog, kiln, shelf, wheel]
  transitions: [{from: dawn, to: window, kind: dissolve, duration: 0.5}]
  title: {text: The potter, duration: 3}
  sound: [{file: music/theme.wav, at: 0, gain: -12}]
"""
AFTER = """storyboard: 1
title: The weaver's morning
budget: 15.00
endpoint: kling-v3-standard

elements:
  potter: {frontal_image: stills/potter.png, reference_images: [stills/potter.png]}
  bowl: {description: a cracked blue bowl}
  cat: {name: the cat, description: a grey cat}
defaults:
  start_image: stills/dawn.png
  generate_audio: false
  prompt: {important_details: 35mm}
scenes:
  - {id: shelf, duration: 3, prompt: a shelf of bowls}
  - id: dawn
    shots:
      - {id: door, duration: 3, prompt: the door falls shut}
      - wide 5s: "@potter enters and stands at the wheel, static wide"
      - id: hands
        duration: 4
        note: match the light
        prompt: {camera: fast pull, subject_motion: "@potter turns the @bowl slowly, @cat watches"}
      - {id: dust, duration: 3, prompt: dust in the light}
  - id: window
    endpoint: kling-v3-4k
    note: ask for the rain machine
    duration: 6
    generate_audio: true
    prompt: a woman looks out at the rain
    dialogue: ["a voice (aloud): there you were", a long silence]
  - {id: oven, duration: 5, prompt: the kiln glows}
  - {id: rain, duration: 3, endpoint: kling-v3-pro, prompt: {subject_motion: rain, camera: low}}
  - {id: wheel, duration: 3, prompt: the wheel stands still}
cut:
  order: [dawn, window, oven, rain, {scene: shelf, in: 0.5}, wheel]
  transitions: [{from: dawn, to: window, kind: wipe, direction: up, duration: 1}]
  end: {text: The end}
  sound: [{file: music/theme.wav, at: window, gain: -12}]
  fit: crop
"""


@pytest.fixture
def film(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository.write("storyboard.yaml", BEFORE)
    repository.still("stills/dawn.png")
    repository.still("stills/potter.png", 20)
    repository.commit()
    repository.still("stills/potter.png", 30)
    repository.write("storyboard.yaml", AFTER)
    monkeypatch.chdir(repository.folder)
    return repository


def steady(text: str, repository: Repository) -> str:
    commit = repository.git("rev-parse", "main")
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", text)
    return text.replace(commit, "1a2b3c4d…").replace(commit[:8], "1a2b3c4d")


@pytest.mark.parametrize(
    ("form", "suffix"), [("text", "txt"), ("json", "json"), ("markdown", "md"), ("html", "html")]
)
def test_every_form(form: str, suffix: str, film: Repository, run: Callable, golden: Callable) -> None:
    ran = run("diff", ".", "main", "--format", form)
    assert (ran.code, "SB" not in ran.err.replace("SB708", "")) == (0, True), ran.err
    golden(GOLDEN / f"film.{suffix}", steady(ran.out, film))


def document(run: Callable, revision: str = "main") -> dict[str, Any]:
    """Which keeps its schema."""
    told: dict[str, Any] = json.loads(run("diff", ".", revision, "--format", "json").out)
    jsonschema.Draft202012Validator(story_schema()).validate(told)
    return told


def test_the_document(film: Repository, run: Callable) -> None:
    told = document(run)
    assert (told["differs"], told["problem"], told["unchanged"]) == (True, None, 1)
    scenes = {scene["scene"]: scene for scene in told["scenes"]}
    assert {name: (s["state"], s["was"], s["moved_behind"]) for name, s in scenes.items()} == {
        "shelf": ("same", None, ""),
        "dawn": ("changed", None, None),
        "window": ("changed", None, None),
        "fog": ("removed", None, None),
        "oven": ("renamed", "kiln", None),
        "rain": ("added", None, None),
    }
    shots = {shot["id"]: shot for shot in scenes["dawn"]["shots"]}
    assert {name: (shot["state"], shot["moved"]) for name, shot in shots.items()} == {
        "door": ("same", True),
        "wide": ("changed", False),
        "hands": ("changed", False),
        "dust": ("added", False),
    }
    for change in shots["hands"]["changes"]:
        for mark, side in (("+", "old"), ("-", "new")):  # without what came it is the old text, and so on
            kept = "".join(text for m, text in change["words"] if m != mark)
            assert kept == (change[side] or "")


def test_nothing_differs(film: Repository, run: Callable) -> None:
    film.git("checkout", "-q", "--", ".")
    ran = run("diff", ".", "HEAD")
    commit = film.git("rev-parse", "--short=8", "HEAD")
    assert (ran.code, ran.out) == (
        0,
        f"storyboard.yaml against HEAD at {commit}\n\nNothing of the story differs.\n",
    )
    film.write("storyboard.yaml", "# a remark\n" + BEFORE.replace("  - id: window\n", "  - id:   'window'\n"))
    assert "Nothing of the story differs." in run("diff", ".", "HEAD").out
    assert document(run, "HEAD")["differs"] is False


def test_only_some_scenes(film: Repository, run: Callable) -> None:
    for name in ("oven", "kiln"):
        out = run("diff", ".", "main", "--scene", name).out
        assert out.splitlines()[2:] == ["~ scene oven, was kiln", "", "Scenes: 1 renamed, 0 as before."]
    ran = run("diff", ".", "main", "--scene", "ovn")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `oven`?" in ran.err


def test_what_cannot_be_compared(film: Repository, run: Callable) -> None:
    film.write("storyboard.yaml", "storyboard: 2\n")
    film.commit()
    film.write("storyboard.yaml", AFTER)
    ran = run("diff", ".", "HEAD")
    assert ran.code == 0
    said = " ".join(ran.out.split())
    assert "can't be read (storyboard.yaml:1:13: this storyboard is of version `2`" in said
    assert "nothing is compared." in said
    told = document(run, "HEAD")
    assert (told["differs"], told["scenes"]) == (None, [])
    assert told["problem"].startswith("storyboard.yaml:1:13: ")
    assert run("diff", ".", "mian").code == 2
    film.write("storyboard.yaml", AFTER.replace("fit: crop", "fit: [crop"))
    ran = run("diff", ".", "main", "--format", "json")
    assert (ran.code, json.loads(ran.out)["errors"]) == (1, 1)


def film_of(scenes: str, more: str = "", **around: Any) -> Any:
    read = compiled(f"{HEAD}{more}scenes:\n{scenes}", **around)
    assert read.film is not None
    assert all(d.severity == "warning" for d in read.diagnostics), read.diagnostics
    return read.film


def lines(old: Any, new: Any) -> list[str]:
    text = as_text(outline("s.yaml", REVISION, story_of(old, new)))
    return text.split("\n")[2:-2] if "Nothing" not in text else []


SHOTS = "  - id: dawn\n    shots:\n"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (  # ids that only count do not make every shot another
            "      - 3s: the door opens wide\n      - 3s: a cat runs past\n",
            "      - 3s: rain on the roof\n      - 3s: the door opens wide\n      - 3s: a black cat runs past\n",
            [
                "~ scene dawn",
                "  + shot 1, 3 s",
                "    + subject_motion: rain on the roof",
                "  ~ shot 3",
                "    ~ subject_motion: a {+black+} cat runs past",
            ],
        ),
        (
            "      - a 3s: the door opens\n      - b 3s: a cat\n",
            "      - x 3s: the door opens\n      - b 3s: a cat\n",
            ["~ scene dawn", "  ~ shot x, was a"],
        ),
        (
            "      - a 3s: the door\n      - b 3s: a cat\n      - c 3s: rain\n",
            "      - c 3s: rain\n      - a 3s: the door\n      - b 3s: a cat\n",
            ["~ scene dawn", "  ~ shot c: moved"],
        ),
        (
            "      - a 3s: the door\n      - b 3s: a cat\n",
            "      - a 4s: the door\n",
            [
                "~ scene dawn",
                "  ~ shot a",
                "    ~ duration 3 → 4",
                "  - shot b, 3 s",
                "    - subject_motion: a cat",
            ],
        ),
    ],
)
def test_shots(before: str, after: str, told: list[str]) -> None:
    assert lines(film_of(SHOTS + before), film_of(SHOTS + after)) == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("prompt: rain", "prompt: rain, duration: 6", ["  ~ duration 5 → 6"]),
        ("prompt: rain", "prompt: rain, generate_audio: false", ["  ~ generate_audio true → false"]),
        ("prompt: rain", "prompt: rain, cfg_scale: 0.7", ["  ~ cfg_scale 0.5 → 0.7"]),
        ("prompt: rain", "prompt: rain, aspect_ratio: '9:16'", ["  ~ aspect_ratio 16:9 → 9:16"]),
        ("prompt: rain", "prompt: rain, take: 2", ["  ~ take 1 → 2"]),
        (
            "prompt: rain, in: 0.5",
            "prompt: rain, in: 1, out: 4",
            ["  ~ in 0.5 s → 1 s", "  ~ out nothing → 4 s"],
        ),
        ("prompt: rain", "prompt: {camera: pan}", ["  ~ subject_motion: [-rain-]", "  ~ camera: {+pan+}"]),
        ("prompt: rain", "prompt: {verbatim: snow}", ["  ~ subject_motion: [-rain-]{+snow+}"]),
        ("prompt: rain", "prompt: rain, note: wet", ["  ~ note: {+wet+}"]),
        ("prompt: rain, dialogue: [a, b]", "prompt: rain, dialogue: [a]", ["  ~ dialogue: [-b-]"]),
        (
            "prompt: rain",
            "prompt: rain, template: kling-v3-labels",
            ["  ~ template kling-v3 → kling-v3-labels"],
        ),
        (
            "prompt: rain",
            "prompt: rain, negative_prompt: blur and noise",
            ["  ~ negative_prompt: blur[-, distort,-] and [-low quality-]{+noise+}"],
        ),
        ("prompt: rain", "prompt: rain  # a remark", []),
        ("prompt: 雨が降る", "prompt: 雨が降った", ["  ~ subject_motion: 雨が降[-る-]{+った+}"]),
    ],
)
def test_a_scene_of_one_shot(before: str, after: str, told: list[str]) -> None:
    def one(fields: str) -> Any:
        text, _, remark = fields.partition("  #")
        return film_of(f"  - {{id: dawn, {text}}}{'  #' + remark if remark else ''}\n")

    assert lines(one(before), one(after)) == (["~ scene dawn", *told] if told else [])


SCENE = "  - {id: dawn, prompt: '@cat sits', template: ./ours.j2}\n  - {id: noon, prompt: rain}\n"
CAT = "elements: {cat: {description: a grey cat}}\n"
OURS = {"./ours.j2": "{{ subject_motion }}!"}


def test_what_scenes_share_is_told_once() -> None:
    old = film_of(SCENE, CAT, templates=OURS)
    new = film_of(SCENE, CAT.replace("grey", "black"), templates=OURS)
    assert lines(old, new) == ["~ element cat, description: a [-grey-]{+black+} cat"]
    new = film_of(SCENE, CAT, templates={"./ours.j2": "{{ subject_motion }}?"})
    assert lines(old, new) == ["~ template ours.j2 has other content"]
    new = film_of(SCENE.replace("@cat", "@dog"), CAT.replace("cat:", "dog:"), templates=OURS)
    assert lines(old, new) == [
        "~ element dog is new",
        "~ element cat is gone",
        "~ scene dawn",
        "  ~ element dog is new",
        "  ~ element cat is gone",
        "  ~ subject_motion: [-cat-]{+dog+} sits",
    ]


def test_what_is_only_sent_otherwise_is_told_as_sent() -> None:
    """A plain string is a text without a label, a section of one text has one: the same words to a reader."""
    old = film_of("  - {id: dawn, prompt: rain, template: kling-v3}\n")
    new = film_of("  - {id: dawn, prompt: {subject_motion: rain}, template: kling-v3}\n")
    assert old.requests[0].digest != new.requests[0].digest
    assert lines(old, new) == ["~ scene dawn", "  ~ prompt as sent: [-rain-]{+Subject motion: rain+}"]


ORDERS = st.permutations("abcdefgh").flatmap(lambda order: st.tuples(st.just(order), st.permutations(order)))


@given(ORDERS)
def test_what_moved_is_what_had_to(orders: tuple[list[str], list[str]]) -> None:
    before, after = orders
    away = moved(before, after)
    assert [name for name in before if name not in away] == [name for name in after if name not in away]
    longest = {0: 0}
    for name in after:  # the longest rising row, by brute force
        place = before.index(name) + 1
        longest[place] = 1 + max(length for end, length in longest.items() if end < place)
    assert len(away) == len(before) - max(longest.values())


THINGS = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 2)), unique_by=lambda t: t[0])


@given(THINGS, THINGS)
def test_pairs_hold_everything_once(old: list[tuple[str, int]], new: list[tuple[str, int]]) -> None:
    pairs = paired(old, new, lambda thing: thing[0], lambda thing: thing[1])
    assert [after for _, after in pairs if after is not None] == new
    assert sorted(before for before, _ in pairs if before is not None) == sorted(old)
    assert all(pair != (None, None) for pair in pairs)
    for before, after in pairs:
        if before is not None and after is not None:
            assert before[0] == after[0] or before[1] == after[1]
    kept = {thing[0] for thing in old} & {thing[0] for thing in new}
    assert kept <= {before[0] for before, after in pairs if before and after and before[0] == after[0]}


PROMPTS = st.text("ab @#<>&*_`[]{}|~-+\"'\\!$^:/.水\u202e\x1b\n", max_size=30).filter(
    lambda t: t.strip(" \n")
)


def story_between(old: str, new: str) -> Story:
    def made(text: str) -> Any:
        escaped = "".join(f"\\u{ord(c):04x}" for c in text)
        return compiled(f'{HEAD}scenes: [{{id: dawn, prompt: {{verbatim: "{escaped}"}}}}]\n').film

    then, now = made(old), made(new)
    return story_of(then, now) if then is not None and now is not None else Story((), (), (), 0)


class Words(HTMLParser):
    """The words of a page, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said, self.tags = "", []
        self.feed(page)

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.said += data


@given(PROMPTS, PROMPTS)
def test_words_of_an_author_are_words_in_every_form(old: str, new: str) -> None:
    told: Outline = outline("s.yaml", REVISION, story_between(old, new))
    text, markdown, page = as_text(told), as_markdown(told), as_page(told)
    assert max(map(columns, text.splitlines())) <= 80
    left = re.sub(r"</?(?:ins|del)>|<!-- -->|&#\d+;", "", markdown)
    assert not re.search(r"[<>@`*_\[\]|~#&$\\]", left.removeprefix("### ")), markdown
    assert set(Words(page).tags) <= {"html", "meta", "title", "style", "h1", "ul", "li", "del", "ins", "p"}
    assert page.count("<del>") == page.count("</del>") == markdown.count("<del>")
    body = Words(page[page.index("<h1>") :]).said.split()
    assert body == Words(re.sub(r"(?m)^( *- |### )", "", markdown)).said.split()
    assert json.loads(json.dumps(story_document(REVISION, story_between(old, new))))
    assert html.unescape(markdown)


@pytest.mark.parametrize("name", EVIL_BOARDS)
def test_nothing_raw_is_printed(name: str, repository: Repository, run: Callable) -> None:
    """Of a stranger's storyboard, as it was and as it is."""
    repository.write("storyboard.yaml", EVIL_BOARDS[name])
    evil = repository.commit()
    repository.write("storyboard.yaml", board("b"))
    good = repository.commit()
    for now, then in ((good, evil), (evil, good)):
        repository.git("checkout", "-q", now)
        for form in ("text", "json", "markdown", "html"):
            ran = run("diff", repository.folder, then, "--format", form)
            assert ran.code in {0, 1}, (form, ran.err)
            assert RAW.findall(ran.out + ran.err) == [], form
            assert not [line for line in ran.out.splitlines() if line.startswith("::")]


def test_it_loads_nothing_heavy(film: Repository) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, "diff", ".", "main"],
        cwd=film.folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert not set(json.loads(ran.stdout.rpartition("LOADED ")[2])) & HEAVY
