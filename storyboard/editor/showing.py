"""Requests for what is to be seen: offers, tells, outline, folds, figures, colours, links."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from storyboard.editor import answers
from storyboard.editor.colours import strokes
from storyboard.editor.cursor import cursor
from storyboard.editor.figures import FilmFigures, film_figures
from storyboard.editor.find import NAMING_FILES
from storyboard.editor.hover import hover
from storyboard.editor.mentions import mentions
from storyboard.editor.offer import Around
from storyboard.editor.offers import offers, suffixes_at
from storyboard.editor.outline import folds, symbols
from storyboard.editor.overlay import files_below
from storyboard.editor.server import Server
from storyboard.editor.sheet import Sheet


def complete(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None:
        return None
    index = ls.index(sheet, params.position)
    place = cursor(sheet.page.source, index)
    suffixes = suffixes_at(place)
    files = files_below(ls.desk.location(sheet), suffixes) if suffixes else ()
    found = offers(place, around(ls, sheet, index, files))
    return answers.completion(found, sheet.page, snippets=_snippets(ls))


def around(ls: Server, sheet: Sheet, index: int, files: tuple[str, ...]) -> Around:
    """What there is to choose from at a place of the text."""
    desk, compiled = ls.desk, ls.desk.reader(sheet).compiled
    made = compiled.storyboard.scenes if compiled is not None else ()
    return Around(
        sheet.around(index),
        files,
        desk.book(sheet),
        others=tuple(each for each in desk.family(sheet) if each.source.path != sheet.name),
        scenes=tuple(scene.id.value for scene in made),
        shots=tuple(f"{scene.id.value}.{shot.id}" for scene in made for shot in scene.shots),
        variables=desk.variables,
    )


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


def outline(ls: Server, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
    sheet = ls.sheet(params.text_document.uri)
    compiled = ls.desk.compiled(sheet) if sheet is not None else None
    if sheet is None or sheet.written is None:
        return None
    found = (answers.symbol(each, sheet) for each in symbols(sheet.written, compiled))
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


def lenses(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    """The film over the first line, each scene over its own."""
    sheet = ls.sheet(params.text_document.uri)
    figures = _figures(ls, sheet) if sheet is not None else None
    if sheet is None or figures is None or not figures.scenes:
        return None
    found = [types.CodeLens(answers.START, _words(str(figures)))] if sheet.is_storyboard else []
    for scene in figures.scenes:
        place = sheet.at_compiled(scene.place)
        found += [types.CodeLens(answers.range_of(place), _words(str(scene)))] if place is not None else []
    return found


def _words(text: str) -> types.Command:
    """Only to be read."""
    return types.Command(text, "")


def _figures(ls: Server, sheet: Sheet) -> FilmFigures | None:
    """Of the text as it last could be compiled: while it is written it may be broken, or take long."""
    compiled = ls.desk.compiled(sheet)
    return film_figures(compiled, ls.desk.book(sheet)) if compiled is not None else None


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
    written = ls.desk.written(sheet) if sheet is not None else None
    if sheet is None or written is None:
        return None
    return answers.tokens(strokes(written), sheet)


def links(ls: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink] | None:
    """Files that are named and there."""
    sheet = ls.sheet(params.text_document.uri)
    if sheet is None or sheet.written is None or not sheet.is_whole:
        return None
    places = ls.places(sheet)
    named = [each for each in mentions(sheet.written).all if each.kind in NAMING_FILES]
    paths = [(each, ls.desk.named(sheet, each.name)) for each in named]
    return [
        types.DocumentLink(places.range(each.span), ls.uri(path)) for each, path in paths if path is not None
    ]
