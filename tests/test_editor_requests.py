"""Answers of the server's own functions, in this process: quick fixes and formatting, which need no conversation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from at_the_cursor import HEAD, sheet_of
from lsprotocol import types
from msgspec.structs import replace

from storyboard.diagnostics import Edit, Fix
from storyboard.editor import answers, mending
from storyboard.editor.desk import Desk
from storyboard.editor.mending import fix, format_text
from storyboard.editor.server import Server
from storyboard.editor.sheet import Sheet
from storyboard.editor.showing import fold, inlays, outline

TEXT = HEAD + "scenes:\n  - id: dawn\n    prompt: '@one 🐈 @two'\n"


def at_work(text: str) -> tuple[Server, Sheet]:
    desk, sheet = sheet_of(text, Path("/nowhere"))
    return Server(desk), sheet


def curable(sheet: Sheet, server: Server) -> None:
    """With a cure for each mistake: the name without its @."""
    server.desk.check(sheet)
    sheet.diagnostics = tuple(
        replace(
            each, fix=Fix("Take the @ away", (Edit(replace(each.span, end_column=each.span.column + 1), ""),))
        )
        for each in sheet.diagnostics
    )


def actions(
    server: Server, sheet: Sheet, needle: str, only: list[str] | None = None
) -> list[types.CodeAction]:
    index = sheet.text.index(needle)
    start = sheet.page.point(index)
    place = types.Range(types.Position(start.line, start.unit), types.Position(start.line, start.unit))
    context: Any = types.CodeActionContext(diagnostics=[], only=only)
    asked = types.CodeActionParams(types.TextDocumentIdentifier(sheet.uri), place, context)
    return fix(server, asked) or []


def test_a_certain_cure_is_a_quick_fix_and_all_of_them_are_one() -> None:
    server, sheet = at_work(TEXT)
    curable(sheet, server)
    one, everything = actions(server, sheet, "two'")
    assert (one.title, one.kind, one.is_preferred) == ("Take the @ away", "quickfix", True)
    assert [each.code for each in one.diagnostics or ()] == ["SB201"]
    [edit] = one.edit.changes[sheet.uri]
    assert (edit.range.start.character, edit.range.end.character, edit.new_text) == (21, 22, "")
    assert everything.kind == "source.fixAll"
    assert len(everything.edit.changes[sheet.uri]) == 2
    assert [each.kind for each in actions(server, sheet, "two'", ["source.fixAll"])] == ["source.fixAll"]
    assert [each.kind for each in actions(server, sheet, "id: dawn", ["quickfix"])] == []


def formatted(text: str) -> str:
    return text.replace("a:  1", "a: 1").replace("b:  2", "b: 2")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("storyboard: 1\n", None),
        ("storyboard: 1\na:  1\nc: 3\n", (1, 2)),
        ("storyboard: 1\na:  1\nc: 3\nb:  2\n", (1, 4)),
        ("storyboard: 1\nc: 🐈\nb:  2", (2, 2)),
        ("storyboard: 1\r\na:  1\r\n", (1, 2)),
    ],
)
def test_formatting_sends_the_lines_that_change(
    text: str, lines: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mending, "formatter", lambda: formatted)
    server, sheet = at_work(text)
    asked = types.DocumentFormattingParams(
        types.TextDocumentIdentifier(sheet.uri), types.FormattingOptions(tab_size=2, insert_spaces=True)
    )
    edits = format_text(server, asked)
    if lines is None:
        assert edits == []
        return
    [edit] = edits or ()
    assert (edit.range.start.line, edit.range.end.line) == lines
    start, end = (sheet.page.index(answers.point(each)) for each in (edit.range.start, edit.range.end))
    assert text[:start] + edit.new_text + text[end:] == formatted(text)


def test_a_broken_text_is_not_formatted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "formatter", lambda: formatted)
    server, sheet = at_work("storyboard: 1\na: 'x\n")
    asked = types.DocumentFormattingParams(
        types.TextDocumentIdentifier(sheet.uri), types.FormattingOptions(tab_size=2, insert_spaces=True)
    )
    assert format_text(server, asked) is None


def test_what_is_shown_stays_while_the_text_is_broken() -> None:
    server, sheet = at_work(
        HEAD
        + "prices: observed-2026-10\nscenes:\n  - id: dawn\n    prompt: it rains\n  - {id: b, prompt: x}\n"
    )
    server.desk.check(sheet)
    sheet.text = sheet.text.replace("it rains", "'it rains")
    document = types.TextDocumentIdentifier(sheet.uri)
    everything = types.Range(types.Position(0, 0), types.Position(99, 0))
    hints = inlays(server, types.InlayHintParams(document, everything))
    assert [hint.label for hint in hints or ()] == ["5 s · 8/2500 · 0.63 USD", "5 s · 1/2500 · 0.63 USD"]
    assert [each.name for each in outline(server, types.DocumentSymbolParams(document)) or ()] == [
        "dawn",
        "b",
    ]
    assert [
        (each.start_line, each.end_line) for each in fold(server, types.FoldingRangeParams(document)) or ()
    ]


@pytest.mark.parametrize("language", ["yaml", "storyboard"])
def test_an_included_file_is_mended_as_one_and_not_made_a_storyboard(language: str, tmp_path: Path) -> None:
    film = HEAD + "include: cast.yaml\nscenes: [{id: a, duration: 5, prompt: it rains}]\n"
    cast = "defaults: {generate_audio: yes}\n"
    (tmp_path / "cast.yaml").write_text(cast, encoding="utf-8")
    desk, _ = sheet_of(film, tmp_path)
    path = tmp_path / "cast.yaml"
    server, part = Server(desk), desk.open(path.as_uri(), path, cast, 1, language)
    for each in desk.storyboards:
        desk.check(each)
    told = [one.code for each in desk.storyboards for one in desk.found(each).get(path, ())]
    assert told == ["SB103"]
    assert [each.title for each in actions(server, part, "defaults")] == []
    [one] = actions(server, part, "yes")
    assert (one.title, one.is_preferred) == ("write `true`", True)
    assert actions(server, part, "yes", ["source.fixAll"]) == []


def test_a_file_that_nobody_includes_yet_is_not_made_a_storyboard_either(tmp_path: Path) -> None:
    path = tmp_path / "cast.yaml"
    desk = Desk()
    part = desk.open(path.as_uri(), path, "elements: {cat: {description: grey}}\n", 1, "storyboard")
    assert actions(Server(desk), part, "elements") == []
    [told] = desk.found(part)[path]
    assert told.message.startswith("this looks like a file to be included")
