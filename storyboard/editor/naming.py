"""Requests about a name: where it is declared, where it stands, another one for it."""

from __future__ import annotations

from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from storyboard.editor import answers
from storyboard.editor.desk import Sheet
from storyboard.editor.find import NAMING_FILES, definition, references
from storyboard.editor.mentions import Mention
from storyboard.editor.rename import RENAMED, Unnameable, own_name, own_span, renamed
from storyboard.editor.server import Server


def define(ls: Server, params: types.DefinitionParams) -> list[types.Location] | None:
    sheet, mention = _named(ls, params)
    if sheet is None or mention is None:
        return None
    if mention.kind in NAMING_FILES:
        return _file(ls, sheet, mention)
    return [ls.location(sheet, span) for span in definition(mention, ls.desk.family(sheet))]


def _file(ls: Server, sheet: Sheet, mention: Mention) -> list[types.Location] | None:
    path = ls.desk.named(sheet, mention.name)
    return [types.Location(ls.uri(path), answers.START)] if path is not None else None


def refer(ls: Server, params: types.ReferenceParams) -> list[types.Location] | None:
    sheet, mention = _named(ls, params)
    if sheet is None or mention is None:
        return None
    found = references(mention, ls.desk.family(sheet), declared=params.context.include_declaration)
    return [ls.location(sheet, span) for span in found]


def highlight(ls: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight] | None:
    sheet, mention = _named(ls, params)
    if sheet is None or mention is None or sheet.written is None:
        return None
    places = ls.places(sheet)
    return [types.DocumentHighlight(places.range(span)) for span in references(mention, (sheet.written,))]


def prepare_rename(ls: Server, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    sheet, mention = _named(ls, params)
    if sheet is None or mention is None or mention.kind not in RENAMED:
        return None
    return types.PrepareRenamePlaceholder(ls.places(sheet).range(own_span(mention)), own_name(mention))


def rename(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
    sheet, mention = _named(ls, params)
    if sheet is None or mention is None:
        return None
    try:
        return ls.edit(sheet, renamed(mention, params.new_name, ls.desk.family(sheet)))
    except Unnameable as failure:
        raise JsonRpcException(str(failure), code=types.LSPErrorCodes.RequestFailed) from None


def _named(ls: Server, params: Any) -> tuple[Sheet | None, Mention | None]:
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None:
        return None, None
    return sheet, ls.desk.mention(sheet, ls.index(sheet, params.position))
