"""A name that several storyboards share, and a file that is not one by itself: the project counts, open or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from at_the_cursor import HEAD
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from storyboard.editor import overlay
from storyboard.editor.answers import position
from storyboard.editor.cursor import cursor
from storyboard.editor.desk import Desk
from storyboard.editor.naming import define, highlight, prepare_rename, refer, rename
from storyboard.editor.offers import offers
from storyboard.editor.positions import Page
from storyboard.editor.server import Server
from storyboard.editor.sheet import Sheet
from storyboard.editor.showing import around, colour, inlays, lenses, outline, tell
from storyboard.location import locate
from storyboard.pipeline import Checked, check
from storyboard.read.source import Source

CAST = """\
voices: {mara: "123456", tom: "654321"}
elements:
  mara: {name: Mara, description: a woman in a red coat}
  dog: {name: the dog, description: a small dog}
vars: {light: soft}
"""
ONE = (
    HEAD
    + """\
include: [cast.yaml]
scenes:
  - id: quay
    prompt: "@mara's coat in {{ light }}"
    dialogue:
      - "mara (low): I waited."
      - tom: so did I
      - a long silence
"""
)
TWO = HEAD + "include: cast.yaml\nscenes:\n  - {id: quay, prompt: '@mara runs, @dog barks'}\n"
ALONE = HEAD + "elements: {mara: {description: another}}\nscenes: [{id: a, prompt: '@mara'}]\n"
FILES = {"cast.yaml": CAST, "one.yaml": ONE, "two.yaml": TWO, "alone.yaml": ALONE, "storyboard.toml": ""}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def opened(folder: Path, *names: str) -> tuple[Server, list[Sheet]]:
    """A server in this process with some files of the folder open."""
    desk = Desk()
    sheets = []
    for name in names:
        path = folder / name
        sheets.append(desk.open(path.as_uri(), path, path.read_text(encoding="utf-8"), 1, "yaml"))
    desk.attend()
    return Server(desk), sheets


def there(sheet: Sheet, needle: str, offset: int = 0) -> dict[str, Any]:
    place = position(sheet.page.point(sheet.text.index(needle) + offset))
    return {"text_document": types.TextDocumentIdentifier(sheet.uri), "position": place}


def renamed_at(server: Server, sheet: Sheet, needle: str, new: str, offset: int = 0) -> dict[str, str]:
    """The texts that a rename changes, by the file's name."""
    edit = rename(server, types.RenameParams(new_name=new, **there(sheet, needle, offset)))
    assert edit is not None
    found = {}
    for uri, edits in (edit.changes or {}).items():
        path = Path(uri.removeprefix("file://"))
        open_one = server.desk.sheets.get(uri)
        text = open_one.text if open_one is not None else path.read_text(encoding="utf-8")
        page = Page(Source(path.name, text))
        for each in sorted(
            edits, key=lambda one: (one.range.start.line, one.range.start.character), reverse=True
        ):
            start, stop = (page.starts[at.line] + at.character for at in (each.range.start, each.range.end))
            text = text[:start] + each.new_text + text[stop:]
        found[path.name] = text
    return found


def refused(server: Server, sheet: Sheet, needle: str, new: str, offset: int = 0) -> str:
    with pytest.raises(JsonRpcException) as failure:
        rename(server, types.RenameParams(new_name=new, **there(sheet, needle, offset)))
    return str(failure.value)


def looked_at(folder: Path, name: str) -> Checked:
    return check(locate(folder / name), {})


def sent(checked: Checked) -> list[str]:
    assert checked.compiled is not None
    return [request.digest for request in checked.compiled.requests]


@pytest.mark.parametrize(
    ("name", "needle", "offset"),
    [("one.yaml", "@mara", 2), ("one.yaml", "mara (low", 1), ("cast.yaml", "mara: {", 1)],
)
def test_a_shared_name_is_renamed_in_all_storyboards_that_share_it(
    name: str, needle: str, offset: int, tmp_path: Path
) -> None:
    """What they become is the same, to the request; who has a name of his own keeps it."""
    folder = written(tmp_path, FILES)
    before = {each: sent(looked_at(folder, each)) for each in ("one.yaml", "two.yaml", "alone.yaml")}
    server, [sheet] = opened(folder, name)
    written(folder, renamed_at(server, sheet, needle, "ann", offset))
    assert 'mara: "123456"' in (folder / "cast.yaml").read_text(encoding="utf-8")
    assert '"ann (low)' in (folder / "one.yaml").read_text(encoding="utf-8")
    assert "@ann runs" in (folder / "two.yaml").read_text(encoding="utf-8")
    for each, requests in before.items():
        found = looked_at(folder, each)
        assert not found.errors
        assert sent(found) == requests, each


def test_a_voice_that_speaks_is_renamed_before_its_line(tmp_path: Path) -> None:
    folder = written(tmp_path, FILES)
    server, [sheet] = opened(folder, "one.yaml")
    found = renamed_at(server, sheet, "tom:", "tim", 1)
    assert found.keys() == {"cast.yaml", "one.yaml"}
    assert "- tim: so did I" in found["one.yaml"]
    assert 'tim: "654321"' in found["cast.yaml"]


def test_references_are_those_of_the_project(tmp_path: Path) -> None:
    folder = written(tmp_path, FILES)
    server, [sheet] = opened(folder, "one.yaml")
    asked = {"context": types.ReferenceContext(include_declaration=True), **there(sheet, "mara (low", 1)}
    found = refer(server, types.ReferenceParams(**asked)) or []
    assert sorted(Path(each.uri).name for each in found) == ["cast.yaml", "one.yaml", "one.yaml", "two.yaml"]
    [place] = define(server, types.DefinitionParams(**there(sheet, "mara (low", 1))) or []
    assert (Path(place.uri).name, place.range.start.line) == ("cast.yaml", 2)
    assert len(highlight(server, types.DocumentHighlightParams(**there(sheet, "@mara", 2))) or []) == 2


def test_what_is_open_counts_as_it_stands_there(tmp_path: Path) -> None:
    folder = written(tmp_path, FILES)
    server, [one, two] = opened(folder, "one.yaml", "two.yaml")
    two.text = TWO.replace("@mara runs", "she runs, @mara waits")
    assert "she runs, @ann waits" in renamed_at(server, one, "@mara", "ann", 2)["two.yaml"]
    two.text = TWO.replace("include: cast.yaml\n", "")
    assert "two.yaml" not in renamed_at(server, one, "@mara", "ann", 2)


def test_a_file_that_changed_on_the_disk_is_read_again(tmp_path: Path) -> None:
    folder = written(tmp_path, FILES)
    server, [sheet] = opened(folder, "one.yaml")
    assert "two.yaml" in renamed_at(server, sheet, "@mara", "ann", 2)
    (folder / "two.yaml").unlink()
    written(folder, {"more/three.yaml": TWO.replace("cast.yaml", "../cast.yaml").replace("quay", "three")})
    assert renamed_at(server, sheet, "@mara", "ann", 2).keys() == {"cast.yaml", "one.yaml", "three.yaml"}


def test_scenes_of_the_same_name_in_other_storyboards_are_others(tmp_path: Path) -> None:
    server, [sheet] = opened(written(tmp_path, FILES), "one.yaml")
    assert renamed_at(server, sheet, "quay", "pier").keys() == {"one.yaml"}


BROKEN = "storyboard: 1\ninclude: cast.yaml\nscenes: [{id: a, prompt: '@mara}]\n"
OTHER = HEAD + "include: act.yaml\nelements: {mara: {description: x}}\n"
ACT = "scenes: [{id: act, prompt: '@mara'}]\n"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"three.yaml": BROKEN}, "`three.yaml` is no YAML at present, and may use the name: mend it first"),
        (
            {"other.yaml": OTHER, "act.yaml": ACT, "three.yaml": HEAD + "include: [cast.yaml, act.yaml]\n"},
            "`act.yaml` belongs to `other.yaml` as well, where `mara` is another one",
        ),
        (
            {"two.yaml": TWO.replace("barks'", "barks', dialogue: ['ann: hello']")},  # whoever that is
            "`mara` can't become this: `ann` would then be read otherwise",
        ),
    ],
)
def test_a_rename_that_may_miss_a_place_is_refused(files: dict[str, str], why: str, tmp_path: Path) -> None:
    server, [sheet] = opened(written(tmp_path, {**FILES, **files}), "one.yaml")
    assert refused(server, sheet, "@mara", "ann", 2) == why


def test_in_a_project_of_too_many_files_a_shared_name_is_not_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "LOOKED_AT", 4)
    server, [one, alone] = opened(written(tmp_path, FILES), "one.yaml", "alone.yaml")
    assert refused(server, one, "@mara", "ann", 2).startswith("the project holds more than 4 files, so who")
    assert renamed_at(server, alone, "@mara", "ann", 2).keys() == {"alone.yaml"}


MADE = (
    HEAD
    + """\
vars: {ports: [{name: lisbon, light: dawn}, {name: porto, light: dusk}]}
scenes:
  - for_each: "{{ ports }}"
    as: port
    id: "{{ port.name }}"
    shots:
      - {id: wide, prompt: "at {{ port.light }}"}
      - {id: "step-{{ loop.index }}", prompt: it rains}
"""
)


@pytest.mark.parametrize(
    ("needle", "why"),
    [
        ("step-", "this name is made by Jinja, so the text does not tell what is called by it"),
        ("wide", "the id of its scene is made by Jinja"),
        (' }}"\n    shots', "this name is made by Jinja"),
    ],
)
def test_an_id_that_jinja_makes_is_not_renamed(needle: str, why: str, tmp_path: Path) -> None:
    server, [sheet] = opened(written(tmp_path, {"storyboard.yaml": MADE}), "storyboard.yaml")
    assert why in refused(server, sheet, needle, "x", 1)
    with pytest.raises(JsonRpcException, match="made by Jinja"):
        prepare_rename(server, types.PrepareRenameParams(**there(sheet, needle, 1)))


def test_a_name_in_an_id_that_jinja_makes_is_renamed_there_too(tmp_path: Path) -> None:
    server, [sheet] = opened(written(tmp_path, {"storyboard.yaml": MADE}), "storyboard.yaml")
    found = renamed_at(server, sheet, "as: port", "harbour", 5)["storyboard.yaml"]
    assert 'id: "{{ harbour.name }}"' in found
    assert sent(check(locate(written(tmp_path, {"storyboard.yaml": found})), {}))


def test_where_no_name_is_the_reason_is_told(tmp_path: Path) -> None:
    server, [sheet] = opened(written(tmp_path, FILES), "one.yaml")
    assert "not a name of an element" in refused(server, sheet, "silence", "x", 1)


def test_a_part_opened_alone_is_told_about_by_its_storyboard(tmp_path: Path) -> None:
    cast = CAST.replace("vars:", "  cart: {description: '{{ nothing }}'}\nvars:")
    folder = written(tmp_path, FILES | {"cast.yaml": cast})
    server, [part] = opened(folder, "cast.yaml")
    assert server.sheet(part.uri) is part
    [behind] = server.desk.storyboards
    server.desk.look(behind)
    found = server.desk.found(behind)[part.path]
    assert {each.code for each in found} == {"SB206"}
    told = tell(server, types.HoverParams(**there(part, "mara: {", 1)))
    assert told is not None
    assert "a woman in a red coat" in told.contents.value
    assert colour(server, types.SemanticTokensParams(types.TextDocumentIdentifier(part.uri)))


def test_while_its_storyboard_is_broken_a_part_is_still_one(tmp_path: Path) -> None:
    server, [part, one] = opened(written(tmp_path, FILES), "cast.yaml", "one.yaml")
    server.desk.look(one)
    one.text = ONE.replace("scenes:", "scenes: [")
    server.desk.look(one)
    assert server.desk.attend() == set()
    assert list(server.desk.storyboards) == [one]
    assert server.desk.is_part(part)


def test_in_folders_that_nobody_marked_a_part_lies_below_its_storyboard(tmp_path: Path) -> None:
    """And what a part names is looked for from there."""
    files = {
        "film/cast/cast.yaml": CAST.replace("{name: Mara,", "{frontal_image: ../mara.png,"),
        "film/mara.png": "",
        "film/one.yaml": ONE.replace("cast.yaml", "cast/cast.yaml"),
        "film/two.yaml": TWO.replace("cast.yaml", "cast/cast.yaml"),
    }
    server, [part] = opened(written(tmp_path, files), "film/cast/cast.yaml")
    assert [each.path.name for each in server.desk.storyboards] == ["one.yaml"]
    assert renamed_at(server, part, "mara: {", "ann", 1).keys() == {"cast.yaml", "one.yaml", "two.yaml"}
    assert server.desk.named(part, "../mara.png") == tmp_path / "film" / "mara.png"
    assert server.desk.named(part, "../../mara.png") is None


def test_yaml_that_belongs_to_no_storyboard_stays_unspoken_of(tmp_path: Path) -> None:
    server, [other] = opened(written(tmp_path, FILES | {"compose.yaml": "services: {}\n"}), "compose.yaml")
    assert server.sheet(other.uri) is None
    assert not list(server.desk.storyboards)


def test_a_storyboard_behind_a_part_goes_when_it_is_opened_itself(tmp_path: Path) -> None:
    folder = written(tmp_path, FILES)
    server, [part] = opened(folder, "cast.yaml")
    desk = server.desk
    assert [each.path.name for each in desk.storyboards] == ["one.yaml"]
    path = folder / "one.yaml"
    desk.open("editor:one", path, ONE, 1, "yaml")
    assert desk.attend() == {path.as_uri()}
    assert [each.uri for each in desk.storyboards] == ["editor:one"]
    assert desk.is_part(part)


def offered(server: Server, sheet: Sheet, needle: str, offset: int) -> list[str]:
    index = sheet.text.index(needle) + offset
    place = cursor(sheet.page.source, index)
    return [offer.label for offer in offers(place, around(server, sheet, index, ()))]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("runs,", "runs, @", ["mara", "dog"]),
        ("'@mara runs, @dog barks'", "{{ ", ["light", "scene.id", "shot.id"]),
        ("'@mara runs, @dog barks'}", "x}\n  - id: b\n    dialogue:\n      - ", ["mara", "dog", "tom"]),
    ],
)
def test_what_is_included_is_offered_while_the_text_is_broken_too(
    old: str, new: str, expected: list[str], tmp_path: Path
) -> None:
    server, [sheet] = opened(written(tmp_path, FILES), "two.yaml")
    server.desk.look(sheet)
    sheet.text = sheet.text.replace(old, new)
    assert offered(server, sheet, new, len(new)) == expected


def test_in_the_cut_the_scenes_that_were_made_are_offered(tmp_path: Path) -> None:
    folder = written(tmp_path, {"storyboard.yaml": MADE + "cut:\n  order: [lisbon, ]\n"})
    server, [sheet] = opened(folder, "storyboard.yaml")
    server.desk.look(sheet)
    assert offered(server, sheet, "lisbon, ]", 8) == [
        *("lisbon", "porto", "lisbon.wide", "lisbon.step-1", "porto.wide", "porto.step-2")
    ]


def test_a_var_is_renamed_in_files_that_jinja_names_too(tmp_path: Path) -> None:
    text = MADE.replace("    shots:", '    end_image: "{{ port.name }}.png"\n    shots:')
    server, [sheet] = opened(written(tmp_path, {"storyboard.yaml": text}), "storyboard.yaml")
    found = renamed_at(server, sheet, "as: port", "harbour", 5)["storyboard.yaml"]
    assert found == text.replace("port.", "harbour.").replace("as: port", "as: harbour")


def test_scenes_of_a_part_have_their_figures_beside_them(tmp_path: Path) -> None:
    act = "scenes:\n  - id: act\n    prompt: it rains\n"
    files = {"storyboard.yaml": HEAD + "scenes: [{include: act.yaml}, {id: b, prompt: x}]\n", "act.yaml": act}
    server, [part] = opened(written(tmp_path, files), "act.yaml")
    document = types.TextDocumentIdentifier(part.uri)
    everything = types.Range(types.Position(0, 0), types.Position(99, 0))
    [hint] = inlays(server, types.InlayHintParams(document, everything)) or ()
    assert (hint.position.line, str(hint.label)[:12]) == (1, "5 s · 8/2500")
    [lens] = lenses(server, types.CodeLensParams(document)) or ()
    assert lens.range.start.line == 1
    [symbol] = outline(server, types.DocumentSymbolParams(document)) or ()
    assert (symbol.name, symbol.detail) == ("act", "5 s")


COMPUTED = {
    "a var": ("@{{ who }} goes, @mara waits", "{who: mara}"),
    "a text within Jinja": ("@{{ 'mara' }} goes, @mara waits", "{}"),
    "a name within a var": ("{{ all }}, @mara waits", "{all: '@mara goes'}"),
    "a part of a name": ("@mara-{{ 'lee' }} goes, @mara-lee waits", "{}"),
    "a voice": ("@mara waits <<<{{ who }}>>> <<<mara>>>", "{who: mara}"),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_a_name_that_jinja_makes_keeps_what_it_stands_for_from_being_renamed(
    name: str, tmp_path: Path
) -> None:
    prompt, var = COMPUTED[name]
    cast = "elements: {mara: {description: a woman}, mara-lee: {description: a girl}}\nvoices: {mara: '123456'}\n"
    film = HEAD.replace("-text", "") + f'vars: {var}\n{cast}scenes:\n  - {{id: a, prompt: "{prompt}"}}\n'
    server, [sheet] = opened(written(tmp_path, {"storyboard.yaml": film}), "storyboard.yaml")
    at = {"a part of a name": "mara-lee: ", "a voice": "mara: '1"}.get(name, "mara: {d")
    why = refused(server, sheet, at, "ann", 1)
    assert "can't become this" in why
    assert why.endswith("Jinja makes the name, or a var holds it. Change it by hand")
