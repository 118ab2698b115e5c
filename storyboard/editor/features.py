"""Each request of the protocol that is answered: its name, the function, and what the editor is told beforehand."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

from lsprotocol import types

from storyboard.diagnostics import Diagnostic, Edit
from storyboard.editor import answers
from storyboard.editor.colours import strokes
from storyboard.editor.cursor import cursor
from storyboard.editor.desk import Sheet
from storyboard.editor.drift import drift
from storyboard.editor.figures import film_figures
from storyboard.editor.find import NAMING_FILES, definition, references
from storyboard.editor.hover import hover
from storyboard.editor.mentions import Mention, mentions
from storyboard.editor.offers import Around, offers, suffixes_at
from storyboard.editor.outline import folds, symbols
from storyboard.editor.overlay import files_below
from storyboard.editor.rename import RENAMED, Unnameable, own_name, own_span, renamed
from storyboard.editor.server import Server

Feature = tuple[str, Callable[..., Any], Any]
WATCHED = "**/*.{yaml,yml,toml,j2,png,jpg,jpeg,webp,gif,mp4,mov,wav,mp3,m4a,flac,ogg}"


def complete(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None:
        return None
    place = cursor(sheet.page.source, ls.index(sheet, params.position))
    suffixes = suffixes_at(place)
    files = files_below(ls.desk.location(sheet), suffixes) if suffixes else ()
    found = offers(place, Around(sheet.written, files, ls.desk.book(sheet)))
    return answers.completion(found, sheet.page, snippets=_snippets(ls))


def _snippets(ls: Server) -> bool:
    document = ls.client_capabilities.text_document
    item = document.completion.completion_item if document and document.completion else None
    return bool(item and item.snippet_support)


def tell(ls: Server, params: types.HoverParams) -> types.Hover | None:
    sheet = ls.sheet(params.text_document.uri)
    told = hover(ls.desk.known(sheet), ls.index(sheet, params.position)) if sheet is not None else None
    if sheet is None or told is None:
        return None
    text = types.MarkupContent(types.MarkupKind.Markdown, told.text)
    return types.Hover(text, ls.places(sheet).range(told.span))


def define(ls: Server, params: types.DefinitionParams) -> list[types.Location] | None:
    sheet, mention = _named(ls, params)
    if sheet is None or mention is None:
        return None
    if mention.kind in NAMING_FILES:
        return _file(ls, sheet, mention)
    return [_location(ls, sheet, span) for span in definition(mention, ls.desk.family(sheet))]


def _file(ls: Server, sheet: Sheet, mention: Mention) -> list[types.Location] | None:
    path = ls.desk.file(sheet, mention.name)
    return [types.Location(ls.uri(path), answers.START)] if path.is_file() else None


def refer(ls: Server, params: types.ReferenceParams) -> list[types.Location] | None:
    sheet, mention = _named(ls, params)
    if sheet is None or mention is None:
        return None
    found = references(mention, ls.desk.family(sheet), declared=params.context.include_declaration)
    return [_location(ls, sheet, span) for span in found]


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
    from pygls.exceptions import JsonRpcException

    sheet, mention = _named(ls, params)
    if sheet is None or mention is None:
        return None
    try:
        return _edit(ls, sheet, renamed(mention, params.new_name, ls.desk.family(sheet)))
    except Unnameable as failure:
        raise JsonRpcException(str(failure), code=types.LSPErrorCodes.RequestFailed) from None


def _edit(ls: Server, sheet: Sheet, edits: tuple[Edit, ...]) -> types.WorkspaceEdit:
    changes: dict[str, Any] = {}
    for edit in edits:
        where = _location(ls, sheet, edit.span)
        changes.setdefault(where.uri, []).append(types.TextEdit(where.range, edit.text))
    return types.WorkspaceEdit(changes=changes)


def _location(ls: Server, sheet: Sheet, span: Any) -> types.Location:
    return ls.location(sheet, span)


def _named(ls: Server, params: Any) -> tuple[Sheet | None, Mention | None]:
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None:
        return None, None
    return sheet, ls.desk.mention(sheet, ls.index(sheet, params.position))


def outline(ls: Server, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None or sheet.written is None:
        return None
    found = (answers.symbol(each, sheet) for each in symbols(sheet.written))
    return [each for each in found if each is not None]


def fold(ls: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None or sheet.written is None:
        return None
    return list(_folds(sheet))


def _folds(sheet: Sheet) -> Iterator[types.FoldingRange]:
    source = sheet.written.source if sheet.written is not None else sheet.page.source
    for each in folds(sheet.written) if sheet.written is not None else ():
        place = sheet.now(source.span(source.starts[each.first - 1], source.starts[each.last - 1]), near=True)
        if place is not None and place.end.line > place.start.line:
            kind = types.FoldingRangeKind.Comment if each.comment else types.FoldingRangeKind.Region
            yield types.FoldingRange(place.start.line, place.end.line, kind=kind)


def fix(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None:
        return None
    ls.desk.checked(sheet)
    asked = answers.stretch(params.range)
    curable = [each for each in sheet.diagnostics if each.fix is not None and each.span.path == sheet.name]
    near = [each for each in curable if _touches(sheet.page.of(each.span), asked)]
    found = [_cure(ls, sheet, each) for each in near]
    if len(curable) > 1:
        found.append(_cures(ls, sheet, curable))
    only = params.context.only
    return [each for each in found if only is None or any(str(each.kind).startswith(kind) for kind in only)]


def _touches(one: Any, other: Any) -> bool:
    return bool(one.start <= other.end and other.start <= one.end)


def _cure(ls: Server, sheet: Sheet, found: Diagnostic) -> types.CodeAction:
    assert found.fix is not None  # noqa: S101 - only such come here
    return types.CodeAction(
        title=found.fix.title,
        kind=types.CodeActionKind.QuickFix.value,
        diagnostics=[answers.diagnostic(found, ls.places(sheet))],
        is_preferred=True,
        edit=_edit(ls, sheet, found.fix.edits),
    )


def _cures(ls: Server, sheet: Sheet, found: list[Diagnostic]) -> types.CodeAction:
    """All that do not touch each other, in one go."""
    edits: list[Edit] = []
    taken: list[Any] = []
    for each in found:
        own = each.fix.edits if each.fix is not None else ()
        places = [sheet.page.of(edit.span) for edit in own]
        if not any(_touches(place, other) for place in places for other in taken):
            edits += own
            taken += places
    title = "Carry out every cure that is certain"
    kind = types.CodeActionKind.SourceFixAll.value
    return types.CodeAction(title=title, kind=kind, edit=_edit(ls, sheet, tuple(edits)))


def lenses(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    """The film over the first line, each scene over its own."""
    sheet = ls.sheet(params.text_document.uri)
    figures = _figures(ls, sheet) if sheet is not None else None
    if sheet is None or figures is None or not figures.scenes:
        return None
    found = [types.CodeLens(answers.START, _words(str(figures)))]
    for scene in figures.scenes:
        place = sheet.at_compiled(scene.place)
        found += [types.CodeLens(answers.range_of(place), _words(str(scene)))] if place is not None else []
    return found


def _words(text: str) -> types.Command:
    """Only to be read."""
    return types.Command(text, "")


def _figures(ls: Server, sheet: Sheet) -> Any:
    """Of the text as it last could be compiled: while it is written it may be broken, or take long."""
    if not sheet.is_slow or sheet.compiled is None:
        ls.desk.checked(sheet)
    return film_figures(sheet.compiled, ls.desk.book(sheet)) if sheet.compiled is not None else None


def inlays(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint] | None:
    """Behind the line that a shot begins in."""
    sheet = ls.sheet(params.text_document.uri)
    figures = _figures(ls, sheet) if sheet is not None else None
    if sheet is None or figures is None:
        return None
    first, last = params.range.start.line, params.range.end.line
    found: dict[int, types.InlayHint] = {}
    for shot in (shot for scene in figures.scenes for shot in scene.shots):
        place = sheet.at_compiled(shot.place)
        if place is not None and first <= (line := place.start.line) <= last:
            end = answers.position(sheet.page.point(sheet.page.line_end(line)))
            found.setdefault(line, types.InlayHint(end, str(shot), padding_left=True))
    return list(found.values())


def colour(ls: Server, params: types.SemanticTokensParams) -> types.SemanticTokens | None:
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None or sheet.written is None:
        return None
    return answers.tokens(strokes(sheet.written), sheet)


def links(ls: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink] | None:
    """Files that are named and there."""
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None or sheet.written is None or not sheet.is_whole:
        return None
    places = ls.places(sheet)
    named = [each for each in mentions(sheet.written).all if each.kind in NAMING_FILES]
    paths = [(each, ls.desk.file(sheet, each.name)) for each in named]
    return [
        types.DocumentLink(places.range(each.span), ls.uri(path)) for each, path in paths if path.is_file()
    ]


def format_text(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    """The lines that change, in one edit; nothing for a text that can't be laid out anew."""
    sheet, formatted = ls.sheet(params.text_document.uri), formatter()
    if sheet is None or formatted is None or not sheet.is_whole:
        return None
    new = formatted(sheet.text)
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


def formatter() -> Callable[[str], str] | None:
    """`storyboard fmt`'s own; None in a version that has none."""
    try:
        return importlib.import_module("storyboard.editor.fmt").formatted  # type: ignore[no-any-return]
    except ImportError:
        return None


def begun(ls: Server, params: types.InitializedParams) -> None:
    """Asks to be told of stills, templates and storyboards that others change, where the editor can do that."""
    del params
    workspace = ls.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is None or not watching.dynamic_registration:
        return
    method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(WATCHED)])
    asked = types.Registration(id="files", method=method, register_options=options)
    ls.client_register_capability(types.RegistrationParams([asked]))


def saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    del params
    ls.look_again()


def moved_on(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    del params
    ls.look_again()


FEATURES: tuple[Feature, ...] = (
    (types.INITIALIZED, begun, None),
    (types.TEXT_DOCUMENT_DID_SAVE, saved, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, moved_on, None),
    (
        types.TEXT_DOCUMENT_COMPLETION,
        complete,
        types.CompletionOptions(trigger_characters=["@", "<", "{", ":", ".", "/", " ", ","]),
    ),
    (types.TEXT_DOCUMENT_HOVER, tell, None),
    (types.TEXT_DOCUMENT_DEFINITION, define, None),
    (types.TEXT_DOCUMENT_REFERENCES, refer, None),
    (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, highlight, None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, prepare_rename, None),
    (types.TEXT_DOCUMENT_RENAME, rename, types.RenameOptions(prepare_provider=True)),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, outline, None),
    (types.TEXT_DOCUMENT_FOLDING_RANGE, fold, None),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        fix,
        types.CodeActionOptions(
            code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]
        ),
    ),
    (types.TEXT_DOCUMENT_CODE_LENS, lenses, None),
    (types.TEXT_DOCUMENT_INLAY_HINT, inlays, None),
    (types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, colour, answers.LEGEND),
    (types.TEXT_DOCUMENT_DOCUMENT_LINK, links, None),
    (types.TEXT_DOCUMENT_FORMATTING, format_text, None),
)


def register(server: Server, feature: Feature) -> None:
    name, answer, options = feature
    if answer is not format_text or formatter() is not None:
        server.feature(name, options)(answer)
