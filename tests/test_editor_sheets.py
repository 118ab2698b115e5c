"""A text while it is written: what was found before still holds where it still stands, and open files win."""

from __future__ import annotations

from pathlib import Path

import pytest
from at_the_cursor import HEAD, sheet_of
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from storyboard.editor.colours import strokes
from storyboard.editor.cursor import cursor
from storyboard.editor.desk import Desk
from storyboard.editor.drift import drift
from storyboard.editor.hover import hover
from storyboard.editor.offer import Around
from storyboard.editor.offers import offers
from storyboard.editor.one_scene import alone, merged
from storyboard.editor.outline import Symbol, folds, symbols
from storyboard.editor.overlay import files_below, located
from storyboard.editor.positions import indexes
from storyboard.editor.sheet import Sheet
from storyboard.editor.written import Written, written
from storyboard.pipeline import check

FILM = (
    HEAD
    + """\
# A comment
# of two lines.
elements: {cat: {description: grey}}
defaults: {duration: 3}
scenes:
  - id: dawn
    shots:
      - wide 4s: >-
          @cat enters

          and sits
      - prompt: the cat sleeps
  # between
  - id: dusk
    duration: "{{ n }}"
    prompt: it rains
"""
)


def read(text: str) -> Written:
    found = written("s.yaml", text)
    assert found is not None
    return found


def tree(found: tuple[Symbol, ...]) -> list[object]:
    return [(each.name, each.kind, each.detail, tree(each.children)) for each in found]


def test_symbols_are_scenes_and_shots_with_their_seconds() -> None:
    assert tree(symbols(read(FILM))) == [
        ("elements", "part", "1", [("cat", "element", "", [])]),
        ("dawn", "scene", "7 s", [("wide", "shot", "4 s", []), ("2", "shot", "3 s", [])]),
        ("dusk", "scene", "", []),
    ]


MANY = (
    HEAD
    + """\
vars: {ports: [{name: lisbon, long: 3}, {name: porto, long: 4}]}
scenes:
  - id: night
    pick: storm
    variants:
      calm: {shots: [a 3s: still, b 3s: stiller]}
      storm: {duration: 7}
      dark: {prompt: z}
    duration: 4
    prompt: x
  - id: coast
    for_each: "{{ ports }}"
    as: port
    scenes:
      - id: "{{ port.name }}"
        duration: "{{ port.long }}"
        prompt: boats
      - id: "{{ port.name }}-again"
        prompt: boats
  - include: act.yaml
"""
)


def test_lengths_are_of_what_is_compiled_the_variant_that_is_picked_and_all_copies(tmp_path: Path) -> None:
    (tmp_path / "act.yaml").write_text("scenes: [{id: act, prompt: x}]\n", encoding="utf-8")
    desk, sheet = sheet_of(MANY, tmp_path)
    assert sheet.written is not None
    assert desk.checked(sheet) is not None
    assert sheet.diagnostics == ()
    variants = [
        ("calm", "part", "6 s", [("a", "shot", "3 s", []), ("b", "shot", "3 s", [])]),
        ("storm", "part", "7 s · picked", []),
        ("dark", "part", "4 s", []),
    ]
    copies = [("{{ port.name }}", "scene", "7 s", []), ("{{ port.name }}-again", "scene", "10 s", [])]
    found = tree(symbols(sheet.written, desk.compiled(sheet)))
    assert found == [
        ("night", "scene", "7 s", variants),
        ("coast", "scene", "17 s", copies),
        ("act.yaml", "part", "", []),
    ]
    unknown = [(name, kind, "", []) for name, kind, _, _ in copies]
    assert tree(symbols(sheet.written))[:2] == [
        ("night", "scene", "7 s", variants),
        ("coast", "scene", "", [unknown[0], ("{{ port.name }}-again", "scene", "5 s", [])]),
    ]


def test_a_symbol_ends_where_its_last_word_does() -> None:
    dawn, dusk = symbols(read(FILM))[1:]
    assert (dawn.whole.line, dawn.whole.end_line) == (8, 14)
    assert (dusk.whole.line, dusk.whole.end_line) == (16, 18)
    assert [child.whole.end_line for child in dawn.children] == [13, 14]


def test_what_can_be_folded() -> None:
    found = {(fold.first, fold.last): fold.comment for fold in folds(read(FILM))}
    assert found[3, 4] is True
    assert {(7, 18), (8, 14), (9, 14), (10, 13), (16, 18)} <= set(found)


def test_colours() -> None:
    text = (
        HEAD
        + "vars: {n: 4}\nscenes:\n  - {id: a, duration: '{{ n }}', prompt: \"@cat {{ n + 1 }} <<<m>>>\"}\n"
    )
    text += "elements: {cat: {description: x}}\nvoices: {m: '1'}\n"
    film = read(text)
    found = []
    for stroke in strokes(film):
        start, stop = indexes(film.source, stroke.span)
        found.append((stroke.colour, text[start:stop], stroke.declares))
    assert found == [
        ("var", "n", True), ("scene", "a", True), ("seconds", "'{{ n }}'", False), ("element", "cat", False),
        ("jinja", "{{", False), ("var", "n", False), ("jinja", "+", False), ("number", "1", False),
        ("jinja", "}}", False), ("voice", "m", False), ("element", "cat", True), ("voice", "m", True),
    ]  # fmt: skip


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_a_line_that_is_found_again_is_the_same(old: list[str], new: list[str]) -> None:
    moves = drift("\n".join(old), "\n".join(new))
    lines = "\n".join(old).split("\n")
    for number, line in enumerate(lines):
        found = moves.line(number)
        if found is not None:
            assert "\n".join(new).split("\n")[found] == line


BROKEN = FILM.replace("      - prompt: the cat sleeps\n", "      - prompt: 'the cat\n        wakes\n")


def test_in_a_broken_text_the_rest_stays_where_it_moved_to() -> None:
    desk, sheet = sheet_of("# one more line\n" + FILM)
    desk.checked(sheet)
    sheet.text = "# one more line\n" + BROKEN
    desk.checked(sheet)
    assert {d.code for d in sheet.diagnostics} == {"SB003"}
    assert sheet.written is not None
    assert not sheet.is_whole
    dusk = symbols(sheet.written)[-1]
    place = sheet.now(dusk.name_span)
    assert place is not None
    index = sheet.page.index(place.start)
    assert sheet.text[index : index + 4] == "dusk"
    sleeper = symbols(sheet.written)[1].children[1]
    assert sheet.now(sleeper.name_span) is None
    assert sheet.now(sleeper.name_span, near=True) is not None
    assert sheet.compiled is not None
    assert sheet.at_compiled(sheet.compiled.scenes[0].scene.place) is not None


def test_open_files_win_over_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "storyboard.yaml"
    path.write_text("storyboard: 1\nscenes: []\n", encoding="utf-8")
    (tmp_path / "ours.j2").write_text("on the disk", encoding="utf-8")
    text = HEAD + "template: ours.j2\nscenes: [{id: a, prompt: it rains}]\n"
    template = "open: {{ subject_motion }}"
    opened = {path: text, tmp_path / "ours.j2": template, tmp_path / "storyboard.toml": "nonsense ="}
    checked = check(located(path, opened, {}), {})
    assert checked.compiled is not None
    assert checked.compiled.scenes[0].prompts[0].text == "open: it rains"
    assert [d.code for d in checked.diagnostics] == ["SB601"]
    assert check(located(path, {}, {}), {}).diagnostics[0].code == "SB123"


def test_yaml_that_a_storyboard_reads_is_a_part_of_it(tmp_path: Path) -> None:
    text = HEAD + "scenes: [{id: a, prompt: '@cat sits'}]\n"
    desk, sheet = sheet_of(text, tmp_path)
    part = desk.open("cast", tmp_path / "cast.yaml", "elements: {cat: {description: grey}}\n", 1, "yaml")
    desk.check(sheet)
    assert not desk.is_part(part)
    assert desk.forget(part) == []
    sheet.text = text + "include: cast.yaml\n"
    desk.check(sheet)
    assert desk.is_part(part)
    assert {each.source.path for each in desk.family(sheet)} == {sheet.name, part.name}
    assert {each.source.path for each in desk.family(part)} == {sheet.name, part.name}
    assert {sheet.name, part.name} <= set(desk.pages(part))
    assert desk.forget(part) == [sheet]


def test_only_files_of_the_project_are_opened(tmp_path: Path) -> None:
    (tmp_path / "film").mkdir()
    for name in ("outside.jpg", "film/a.jpg"):
        (tmp_path / name).touch()
    desk, sheet = sheet_of(HEAD, tmp_path / "film")
    assert desk.named(sheet, "a.jpg") == tmp_path / "film" / "a.jpg"
    for name in ("../outside.jpg", str(tmp_path / "outside.jpg"), "b.jpg", "https://a.org/x.jpg", "a\0.jpg"):
        assert desk.named(sheet, name) is None


def test_a_still_is_read_again_when_it_changed_and_not_before(tmp_path: Path) -> None:
    still, facts = tmp_path / "a.png", {}
    Image.new("RGB", (640, 360)).save(still)
    files = located(tmp_path / "storyboard.yaml", {}, facts).files
    first = files.fact("a.png")
    assert files.fact("a.png") is first
    Image.new("RGB", (360, 640)).save(still)
    assert files.fact("a.png").width == 360
    still.unlink()
    assert files.fact("a.png").problem == "missing"


def test_a_storyboard_that_was_never_saved_is_one(tmp_path: Path) -> None:
    desk, sheet = sheet_of(HEAD + "scenes: [{id: a, prompt: it rains}]\n", tmp_path / "new")
    assert desk.checked(sheet) is not None
    assert sheet.diagnostics == ()


def test_other_yaml_is_not_spoken_about(tmp_path: Path) -> None:
    for name, text, language, expected in (
        ("compose.yaml", "services: {}\n", "yaml", False),
        ("film.yaml", "# x\nstoryboard: 1\n", "yaml", True),
        ("storyboard.yaml", "", "yaml", True),
        ("film.txt", "", "storyboard", True),
        ("ours.j2", "storyboard: 1\n", "jinja", False),
    ):
        sheet = Desk().open(name, tmp_path / name, text, 1, language)
        assert sheet.is_storyboard is expected, name


def test_what_can_not_be_read_at_all_is_said_in_one_place(tmp_path: Path) -> None:
    (tmp_path / "storyboard.toml").write_bytes(b"#" * 70_000)
    desk, sheet = sheet_of(HEAD, tmp_path)
    assert desk.checked(sheet) is None
    [(path, [found])] = desk.found(sheet).items()
    assert (path, found.code, found.severity) == (sheet.path, "SB000", "error")
    assert "larger than 64 KiB" in found.message


def test_a_text_that_is_too_large_is_only_said_to_be() -> None:
    desk, sheet = sheet_of(HEAD + "#" * 33_600_000)
    assert sheet.is_too_large
    desk.look(sheet)
    assert [d.code for d in sheet.diagnostics] == ["SB001"]


def test_files_are_offered_as_the_storyboard_names_them(tmp_path: Path) -> None:
    (tmp_path / "storyboard.toml").touch()
    for name in ("films/one/stills/a.JPG", "films/one/b.jpg", "films/c.jpg", "films/one/d.txt", ".git/e.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    location = located(tmp_path / "films" / "one" / "storyboard.yaml", {}, {})
    assert files_below(location, (".jpg",)) == ("b.jpg", "stills/a.JPG", "../c.jpg")


SCENES = HEAD + "scenes:\n" + "".join(f"  - id: s{n}\n    prompt: scene {n}\n\n" for n in range(6))


def slow(text: str) -> tuple[Desk, Sheet]:
    """As one whose check takes long."""
    desk, sheet = sheet_of(text)
    desk.checked(sheet)
    assert sheet.written is not None
    sheet.seconds = 1.0
    return desk, sheet


CHANGES = [
    ("prompt: scene 3", "prompt: '@nobody'", True),
    ("prompt: scene 3", "prompt: scene 3\n    nonsense: 1", True),
    ("prompt: scene 3", "prompt:", True),
    ("prompt: scene 0", "prompt: '{{ x }}'", True),
    ("prompt: scene 5", "duration: 99", True),
    ("prompt: scene 3\n", "", True),
    ("id: s3", "id: s 3", False),  # the line that a scene begins with
    ("prompt: scene 3", "prompt: 'open", False),  # no YAML
    ("endpoint", "endpint", False),
    ("prompt: scene 3\n\n  - id: s4\n", "", False),
]


@pytest.mark.parametrize(("old", "new", "enough"), CHANGES)
def test_a_change_within_one_scene_is_found_without_the_others(old: str, new: str, enough: bool) -> None:
    """And what is found is what a whole check finds."""
    desk, sheet = slow(SCENES.replace("scene 1", "'@nobody'").replace("scene 4", "'@no one'"))
    sheet.text = sheet.text.replace(old, new)
    assert desk.look(sheet) is not enough
    found = sheet.diagnostics
    desk.check(sheet)
    assert found == sheet.diagnostics
    assert len(found) >= (2 if enough else 1)


def test_all_the_other_scenes_are_emptied() -> None:
    before = read(SCENES)
    now = SCENES.replace("scene 3", "scene three\n    note: x")
    moves = drift(SCENES, now)
    found = alone(before, now, moves)
    assert found is not None
    assert (
        found.text.split("\n")[found.first - 1 : found.last] == now.split("\n")[found.first - 1 : found.last]
    )
    assert "scene three" in found.text
    assert "s2" not in found.text
    assert "s4" not in found.text
    assert merged((), (), found, moves, "s.yaml") == ()


def test_a_slow_text_tells_what_it_was_until_it_is_settled() -> None:
    desk, sheet = slow(SCENES)
    before = sheet.written
    sheet.text = sheet.text.replace("scene 3", "scene three")
    desk.look(sheet)
    assert sheet.written is before
    desk.checked(sheet)
    assert sheet.written is not before


EXAMPLE = (Path(__file__).parents[1] / "examples" / "two-voices" / "storyboard.yaml").read_text(
    encoding="utf-8"
)
PIECES = [
    "'",
    '"',
    "{",
    "[",
    ": ",
    "- ",
    "\n",
    "  ",
    "@",
    "<<<",
    "{{",
    "#",
    "🐈",
    "\u2028",
    "&a ",
    "*a",
    "\t",
]


@settings(max_examples=60)
@given(st.integers(0, len(EXAMPLE)), st.integers(0, 30), st.sampled_from(PIECES))
def test_whatever_is_typed_or_deleted_everything_can_be_asked(at: int, gone: int, typed: str) -> None:
    desk, sheet = sheet_of(EXAMPLE)
    desk.checked(sheet)
    sheet.seconds = 1.0 if at % 2 else 0.0  # as a long one, and as a short one
    sheet.text = EXAMPLE[:at] + typed + EXAMPLE[at + gone :]
    desk.look(sheet)
    for found in sheet.diagnostics:
        start, stop = indexes(sheet.page.source, found.span)
        assert 0 <= start <= stop <= len(sheet.text)
    assert sheet.written is not None
    for symbol in symbols(sheet.written):
        place = sheet.now(symbol.whole, near=True)
        assert place is not None
        assert place.start <= place.end
        assert sheet.page.index(place.end) <= len(sheet.text)
    for stroke in strokes(sheet.written):
        sheet.now(stroke.span)
    hover(desk.known(sheet), min(at, len(sheet.text)))
    place = cursor(sheet.page.source, min(at, len(sheet.text)))
    assert place.start <= place.index
    offers(place, Around(sheet.written))
    desk.mention(sheet, at)
