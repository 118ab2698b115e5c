"""Requests that change the text for the better: cures that are certain, and its layout."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from storyboard.diagnostics import Diagnostic, Edit
from storyboard.editor import answers
from storyboard.editor.drift import drift
from storyboard.editor.positions import Stretch
from storyboard.editor.server import Server
from storyboard.editor.sheet import Sheet
from storyboard.errors import StoryboardError


def fix(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None:
        return None
    asked = answers.stretch(params.range)
    curable = list(_curable(ls, sheet))
    near = [each for each in curable if _touches(sheet.page.of(each.span), asked)]
    found = [_cure(ls, sheet, each) for each in near]
    if len(curable) > 1:
        found.append(_cures(ls, sheet, curable))
    only = params.context.only
    return [each for each in found if only is None or any(str(each.kind).startswith(kind) for kind in only)]


def _curable(ls: Server, sheet: Sheet) -> Iterator[Diagnostic]:
    """What the storyboards that read a file find in it and can mend, each once."""
    seen = set[tuple[object, ...]]()
    for reader in ls.desk.readers(sheet):
        ls.desk.checked(reader)
        for each in ls.desk.found(reader).get(sheet.path, ()):
            key = (each.code, each.span.key(), each.message)
            if each.fix is not None and key not in seen:
                seen.add(key)
                yield each


def _touches(one: Stretch, other: Stretch) -> bool:
    return one.start <= other.end and other.start <= one.end


def _cure(ls: Server, sheet: Sheet, found: Diagnostic) -> types.CodeAction:
    assert found.fix is not None  # noqa: S101 - only such come here
    return types.CodeAction(
        title=found.fix.title,
        kind=types.CodeActionKind.QuickFix.value,
        diagnostics=[answers.diagnostic(found, ls.places(sheet))],
        is_preferred=True,
        edit=ls.edit(found.fix.edits, ls.places(sheet)),
    )


def _cures(ls: Server, sheet: Sheet, found: list[Diagnostic]) -> types.CodeAction:
    """All that do not touch each other, in one go."""
    edits: list[Edit] = []
    taken: list[Stretch] = []
    for each in found:
        own = each.fix.edits if each.fix is not None else ()
        places = [sheet.page.of(edit.span) for edit in own]
        if not any(_touches(place, other) for place in places for other in taken):
            edits += own
            taken += places
    title = "Carry out every cure that is certain"
    kind = types.CodeActionKind.SourceFixAll.value
    return types.CodeAction(title=title, kind=kind, edit=ls.edit(edits, ls.places(sheet)))


def format_text(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    """The lines that change, in one edit; nothing for a text that can't be laid out anew."""
    sheet, formatted = ls.sheet(params.text_document.uri), formatter()
    if sheet is None or formatted is None or not sheet.is_whole:
        return None
    try:
        new = formatted(sheet.text)
    except StoryboardError as failure:
        raise JsonRpcException(str(failure), code=types.LSPErrorCodes.RequestFailed) from None
    if new is None:
        return None
    moves = drift(sheet.text, new)
    lines = new.split("\n")
    if moves.kept == moves.lines == len(lines):
        return []
    last = moves.lines - moves.kept_last
    changed = "".join(f"{line}\n" for line in lines[moves.kept : len(lines) - moves.kept_last])
    end = types.Position(last, 0)
    if not moves.kept_last:
        changed, end = changed.removesuffix("\n"), answers.position(sheet.page.whole().end)
    return [types.TextEdit(types.Range(types.Position(moves.kept, 0), end), changed)]


def formatter() -> Callable[[str], str | None] | None:
    """`storyboard fmt`'s own, giving None for a text that it can't read; None in a version that has none."""
    try:
        module = importlib.import_module("storyboard.editor.fmt")
    except ImportError:
        return None

    def laid_out(text: str) -> str | None:
        try:
            return str(module.formatted(text))
        except module.NotReadable:  # its mistakes are shown as they are
            return None

    return laid_out
