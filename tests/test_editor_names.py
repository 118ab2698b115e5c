"""Every name knows where it is declared and where else it stands; a rename changes nothing but the name."""

from __future__ import annotations

from pathlib import Path

import pytest
from at_the_cursor import HEAD, placed, sheet_of
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import compiled

from storyboard.compile.request import Request
from storyboard.editor.find import definition, references
from storyboard.editor.mentions import Mention, mentions
from storyboard.editor.positions import indexes
from storyboard.editor.rename import Unnameable, applied, own_span, renamed
from storyboard.editor.written import Written, written
from storyboard.read.leaves import is_name

FILM = """\
vars: {light: first light, cast: {lead: Ann}}
voices: {mara: "123456", tom: "654321"}
elements:
  potter: {name: the potter, description: "an old man in {{ light }}"}
  potter-son: {name: the son, description: a boy}
  华强: {name: Huaqiang, description: a rider}
defaults:
  prompt: {important_details: "{{ light }}, soft"}
scenes:
  - id: dawn
    prompt: {scene: "a yard, {{ cast.lead }} waits"}
    elements: [potter]
    shots:
      - wide 4s: >-
          @potter-son meets
          @potter's cat, 华强 is not @华强骑着马, mail me@potter
      - id: hands
        duration: 4
        prompt: {subject_motion: "{% if light %}@potter{% endif %} \\"waves\\""}
        dialogue:
          - mara (whispering): there you are
          - "potter: here, <<<tom>>>"
          - a long silence
  - id: dusk
    prompt: '@potter sleeps in {{ light | upper }}'
cut:
  order: [dawn.hands, dusk, {scene: dawn}]
  transitions:
    - {from: dawn.hands, to: dusk, kind: dissolve}
"""


def read(text: str, path: str = "s.yaml") -> Written:
    found = written(path, text)
    assert found is not None
    return found


def said(film: Written, found: tuple) -> list[str]:
    texts = []
    for span in found:
        start, stop = indexes(film.source, span)
        texts.append(film.source.text[start:stop])
    return texts


def at(film: Written, needle: str, number: int = 0) -> Mention:
    index = -1
    for _ in range(number + 1):
        index = film.source.text.index(needle, index + 1)
    mention = mentions(film).at(index + 1)
    assert mention is not None
    return mention


@pytest.mark.parametrize(
    ("needle", "number", "kind", "name", "count"),
    [
        ("potter: {", 0, "element", "potter", 6),
        ("@potter'", 0, "element", "potter", 6),
        ("@potter-son", 0, "element", "potter-son", 2),
        ("@华强骑", 0, "element", "华强", 2),
        ("mara (", 0, "voice", "mara", 2),
        ("tom>>>", 0, "voice", "tom", 2),
        ("light }", 0, "var", "light", 5),
        ("cast.lead", 0, "var", "cast", 2),
        ("dusk, {", 0, "scene", "dusk", 3),
        ("dawn.hands", 0, "shot", "dawn.hands", 3),
        ("wide 4s", 0, "shot", "dawn.wide", 1),
    ],
)
def test_names(needle: str, number: int, kind: str, name: str, count: int) -> None:
    film = read(FILM)
    mention = at(film, needle, number)
    assert (mention.kind, mention.name) == (kind, name)
    found = references(mention, (film,))
    assert len(found) == count
    assert len({span.key() for span in found}) == count
    last = name.rpartition(".")[2]
    assert {text.rpartition(".")[2] for text in said(film, found)} == {last}
    [declared] = definition(mention, (film,))
    assert said(film, (declared,)) == [last]
    assert len(references(mention, (film,), declared=False)) == count - 1


def test_a_scene_that_another_goes_on_from() -> None:
    film = read(FILM.replace("id: dusk\n", "id: dusk\n    continues: dawn\n"))
    mention = at(film, " dawn\n    prompt")
    assert (mention.kind, mention.name) == ("scene", "dawn")
    before = len(references(at(read(FILM), "dawn\n"), (read(FILM),)))
    assert len(references(mention, (film,))) == before + 1
    [declared] = definition(mention, (film,))
    assert said(film, (declared,)) == ["dawn"]


def test_what_is_no_name() -> None:
    film = read(FILM)
    for needle in ("me@potter", "华强 is not", "upper }}"):
        index = film.source.text.index(needle)
        found = mentions(film).at(index + len(needle) - 3)
        assert found is None or found.name == "light", needle


@pytest.mark.parametrize(
    ("needle", "new"),
    [
        ("potter: {", "smith"),
        ("potter: {", "陶工"),
        ("potter-son", "boy"),
        ("华强: {", "rider"),
        ("mara: ", "ann"),
        ("tom: ", "no"),
        ("dawn\n", "1st"),
        ("hands\n", "fingers.left"),
        ("wide 4s", "all"),
        ("light: ", "sun"),
    ],
)
def test_a_renamed_storyboard_says_the_same(needle: str, new: str) -> None:
    """By the requests that it becomes. A voice's name alone is sent: before what it says."""
    film = read(HEAD + FILM)
    edits = renamed(at(film, needle), new, (film,))
    after = applied(film.source, edits)
    before, now = compiled(film.source.text), compiled(after)
    assert [d.code for d in now.diagnostics] == [d.code for d in before.diagnostics]
    assert [sayings(r, new) for r in now.requests] == [
        sayings(r, needle.strip(": ")) for r in before.requests
    ]
    assert len(now.requests) == 2
    assert new in after


def sayings(request: Request, name: str) -> str:
    """What is sent, without the name of a voice before its line."""
    return str(request.arguments).replace(f"{name} <<<", "<<<").replace(f"{name} (", "(")


@pytest.mark.parametrize(
    ("needle", "new", "why"),
    [
        ("potter: {", "华强", "the name `华强` is taken"),
        ("potter: {", "two words", "`two words` is no name"),
        ("potter: {", "", "`` is no name"),
        ("potter: {", "Element1", "`Element1` is what the compiler writes"),
        ("mara: ", "tom", "is taken"),
        ("mara: ", "potter", "would then be read otherwise"),
        ("dawn\n", "dusk", "is taken"),
        ("dawn\n", "a b", "`a b` is no id"),
        ("hands\n", "wide", "is taken"),
        ("light: ", "scene", "can't be a var"),
        ("light: ", "a-b", "can't be a var"),
        ("kling-v3", "x", "not a name of an element"),
    ],
)
def test_a_name_that_can_not_be(needle: str, new: str, why: str) -> None:
    film = read(HEAD + FILM)
    with pytest.raises(Unnameable, match="^.*" + why):
        renamed(at(film, needle), new, (film,))


def test_what_is_declared_nowhere_is_not_renamed() -> None:
    film = read("storyboard: 1\nelements: {a: {description: x}}\nscenes: [{id: s, prompt: '@nobody'}]\n")
    with pytest.raises(Unnameable, match="declared nowhere"):
        renamed(at(film, "@nobody"), "x", (film,))


def test_a_longer_name_that_would_swallow_what_follows_is_refused() -> None:
    film = read("elements: {a: {description: x}, b-b: {description: y}}\nscenes: [{id: s, prompt: '@a-b'}]\n")
    assert at(film, "a-b'").name == "a"
    with pytest.raises(Unnameable, match="read otherwise"):
        renamed(at(film, "a: {"), "b", (film,))


NAMES = st.text(alphabet="ab华é_-1", min_size=1, max_size=4).filter(is_name)


@settings(max_examples=30)
@given(NAMES)
def test_whatever_the_name_the_film_is_the_same_or_it_is_refused(name: str) -> None:
    film = read(HEAD + FILM)
    try:
        edits = renamed(at(film, "potter: {"), name, (film,))
    except Unnameable:
        return
    now = compiled(applied(film.source, edits))
    assert [r.digest for r in now.requests] == [r.digest for r in compiled(film.source.text).requests]


def test_names_across_files() -> None:
    """Whatever else belongs to the storyboard counts like its own text."""
    cast = read("elements: {potter: {description: an old man}}\n", "cast.yaml")
    film = read("storyboard: 1\nscenes: [{id: a, prompt: '@potter sits'}]\n")
    mention = at(film, "@potter")
    [place] = definition(mention, (film, cast))
    assert (place.path, place.line, place.column) == ("cast.yaml", 1, 12)
    edits = renamed(mention, "smith", (film, cast))
    assert [(edit.span.path, edit.text) for edit in edits] == [("s.yaml", "smith"), ("cast.yaml", "smith")]
    assert applied(cast.source, [edits[1]]) == "elements: {smith: {description: an old man}}\n"


def test_the_shot_of_a_scene_is_typed_over_by_itself() -> None:
    film = read(FILM)
    mention = at(film, "dawn.hands, to")
    assert said(film, (own_span(mention),)) == ["hands"]


@pytest.mark.parametrize("example", sorted(Path(__file__).parents[1].glob("examples/*/storyboard.yaml")))
def test_in_the_examples_every_name_is_declared(example: Path) -> None:
    """There, or in a file that it reads."""
    desk, sheet = sheet_of(example.read_text(encoding="utf-8"), example.parent)
    family = desk.family(sheet)
    assert sheet.written is not None
    for mention in mentions(sheet.written).all:
        if mention.kind in {"element", "voice", "scene", "shot", "var"}:
            assert definition(mention, family), mention


def test_the_place_behind_a_name_belongs_to_it() -> None:
    source, index = placed("scenes: [{id: a, prompt: '@potter|'}]\nelements: {potter: {}}\n")
    found = mentions(read(source.text)).at(index)
    assert found is not None
    assert found.name == "potter"
