"""Requests about a name: where it is declared, where it stands, another one for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from storyboard.diagnostics import Span
from storyboard.editor import answers
from storyboard.editor.find import NAMING_FILES, definition, references
from storyboard.editor.mentions import Mention
from storyboard.editor.rename import (
    NO_NAME,
    RENAMED,
    Unnameable,
    can_be,
    own_name,
    own_span,
    renamed_everywhere,
)
from storyboard.editor.same_film import becomes_the_same
from storyboard.editor.server import Server
from storyboard.editor.sheet import Sheet
from storyboard.editor.written import Written


def define(ls: Server, params: types.DefinitionParams) -> list[types.Location] | None:
    sheet, mention = _named(ls, params)
    if sheet is None or mention is None:
        return None
    if mention.kind in NAMING_FILES:
        return _file(ls, sheet, mention)
    family = ls.desk.family(sheet)
    return _places(ls, definition(mention, family), family)


def _places(ls: Server, spans: Sequence[Span], files: Sequence[Written]) -> list[types.Location]:
    places = ls.places_in(files)
    return [places.location(span) for span in spans]


def _file(ls: Server, sheet: Sheet, mention: Mention) -> list[types.Location] | None:
    path = ls.desk.named(sheet, mention.name)
    return [types.Location(ls.uri(path), answers.START)] if path is not None else None


def refer(ls: Server, params: types.ReferenceParams) -> list[types.Location] | None:
    sheet, mention = _named(ls, params)
    if sheet is None or mention is None:
        return None
    files = ls.desk.kin(sheet, mention).files
    return _places(ls, references(mention, files, declared=params.context.include_declaration), files)


def highlight(ls: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight] | None:
    sheet, mention = _named(ls, params)
    written = ls.desk.written(sheet) if sheet is not None else None
    if sheet is None or mention is None or written is None:
        return None
    places = ls.places(sheet)
    return [types.DocumentHighlight(places.range(span)) for span in references(mention, (written,))]


def prepare_rename(ls: Server, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    sheet, mention = _named(ls, params)
    if sheet is None or mention is None or mention.kind not in RENAMED:
        return None
    with _refused():
        can_be(mention)
    return types.PrepareRenamePlaceholder(ls.places(sheet).range(own_span(mention)), own_name(mention))


def rename(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
    sheet, mention = _named(ls, params)
    if sheet is None:
        return None
    with _refused():
        if mention is None:
            raise Unnameable(NO_NAME if sheet.is_whole else "the text is no YAML at present: mend it first")
        kin = ls.desk.kin(sheet, mention)
        edits = renamed_everywhere(mention, params.new_name, kin)
        for before, after in ls.desk.tried(kin, edits) if edits else ():
            becomes_the_same(mention, params.new_name, before, after)
    return ls.edit(edits, ls.places_in(kin.files))


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except Unnameable as failure:
        raise JsonRpcException(str(failure), code=types.LSPErrorCodes.RequestFailed) from None


def _named(ls: Server, params: Any) -> tuple[Sheet | None, Mention | None]:
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None:
        return None, None
    return sheet, ls.desk.mention(sheet, ls.index(sheet, params.position))
