"""Values of this room in the protocol's own types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lsprotocol import types

from storyboard.diagnostics import Diagnostic, Note, Span
from storyboard.editor.colours import COLOURS, Colour, Stroke
from storyboard.editor.offer import Kind as OfferKind
from storyboard.editor.offer import Offer
from storyboard.editor.outline import Kind as SymbolKind
from storyboard.editor.outline import Symbol
from storyboard.editor.positions import Page, Point, Stretch
from storyboard.editor.sheet import Sheet

SOURCE = "storyboard"
# Diagnostics of what has no effect: editors show it faded.
UNUSED = frozenset({"SB126", "SB131", "SB132", "SB204", "SB214", "SB326"})
SEVERITIES = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}
SYMBOLS: Mapping[SymbolKind, types.SymbolKind] = {
    "scene": types.SymbolKind.Class,
    "shot": types.SymbolKind.Method,
    "element": types.SymbolKind.Object,
    "voice": types.SymbolKind.Event,
    "part": types.SymbolKind.Namespace,
}
OFFERS: Mapping[OfferKind, types.CompletionItemKind] = {
    "field": types.CompletionItemKind.Field,
    "element": types.CompletionItemKind.Class,
    "voice": types.CompletionItemKind.Interface,
    "scene": types.CompletionItemKind.Reference,
    "endpoint": types.CompletionItemKind.Module,
    "file": types.CompletionItemKind.File,
    "word": types.CompletionItemKind.Text,
    "value": types.CompletionItemKind.Value,
    "var": types.CompletionItemKind.Variable,
    "snippet": types.CompletionItemKind.Snippet,
}
TOKENS: Mapping[Colour, str] = {
    "element": "class",
    "voice": "interface",
    "var": "variable",
    "scene": "namespace",
    "shot": "method",
    "seconds": "number",
    "jinja": "macro",
    "number": "number",
    "string": "string",
}
LEGEND = types.SemanticTokensLegend(
    token_types=list(dict.fromkeys(TOKENS[colour] for colour in COLOURS)), token_modifiers=["declaration"]
)
TAB_STOP = re.compile(r"\$\{\d+:([^}]*)\}|\$\d+")
START = types.Range(types.Position(0, 0), types.Position(0, 0))


def position(point: Point) -> types.Position:
    return types.Position(point.line, point.unit)


def range_of(stretch: Stretch) -> types.Range:
    return types.Range(position(stretch.start), position(stretch.end))


def point(given: types.Position) -> Point:
    return Point(given.line, given.character)


def stretch(given: types.Range) -> Stretch:
    return Stretch(point(given.start), point(given.end))


class Places:
    """From spans to the protocol's locations: `pages` by the path of a span, `uris` by that path too."""

    def __init__(self, pages: Mapping[str, Page], uris: Mapping[str, str]) -> None:
        self.pages, self.uris = pages, uris

    def range(self, span: Span) -> types.Range:
        page = self.pages.get(span.path)
        return range_of(page.of(span)) if page is not None else START

    def location(self, span: Span) -> types.Location:
        return types.Location(self.uris[span.path], self.range(span))


def diagnostic(found: Diagnostic, places: Places) -> types.Diagnostic:
    said = [note.message for note in found.notes if note.span is None or note.span.path not in places.uris]
    hint = [f"help: {found.hint}"] if found.hint else []
    return types.Diagnostic(
        range=places.range(found.span),
        message="\n".join([found.message, *said, *hint]),
        severity=SEVERITIES[found.severity],
        code=found.code,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if found.code in UNUSED else None,
        related_information=list(_related(found.notes, places)) or None,
    )


def _related(notes: Iterable[Note], places: Places) -> Iterator[types.DiagnosticRelatedInformation]:
    for note in notes:
        if note.span is not None and note.span.path in places.uris:
            yield types.DiagnosticRelatedInformation(places.location(note.span), note.message)


def completion(offers: Sequence[Offer], page: Page, *, snippets: bool) -> types.CompletionList:
    width = len(str(len(offers)))
    items = [_item(offer, page, f"{at:0{width}}", snippets=snippets) for at, offer in enumerate(offers)]
    return types.CompletionList(is_incomplete=False, items=items)


def _item(offer: Offer, page: Page, order: str, *, snippets: bool) -> types.CompletionItem:
    plain = offer.text if snippets or not offer.snippet else TAB_STOP.sub(r"\1", offer.text)
    return types.CompletionItem(
        label=offer.label,
        kind=OFFERS[offer.kind],
        detail=offer.detail or None,
        documentation=_documentation(offer),
        sort_text=order,
        filter_text=page.text[offer.start : offer.stop] + offer.label if offer.snippet else offer.label,
        insert_text_format=types.InsertTextFormat.Snippet
        if offer.snippet and snippets
        else types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(range_of(page.stretch(offer.start, offer.stop)), plain),
    )


def _documentation(offer: Offer) -> types.MarkupContent | None:
    """Plain: what authors wrote is in it."""
    if not offer.documentation:
        return None
    return types.MarkupContent(types.MarkupKind.PlainText, offer.documentation)


def symbol(found: Symbol, sheet: Sheet) -> types.DocumentSymbol | None:
    """In the text as it is, which may have moved on since."""
    whole, name = sheet.now(found.whole, near=True), sheet.now(found.name_span, near=True)
    if whole is None or name is None:
        return None
    inside = (
        name if whole.start <= name.start and name.end <= whole.end else Stretch(whole.start, whole.start)
    )
    return types.DocumentSymbol(
        name=found.name,
        detail=found.detail or None,
        kind=SYMBOLS[found.kind],
        range=range_of(whole),
        selection_range=range_of(inside),
        children=[each for child in found.children if (each := symbol(child, sheet)) is not None],
    )


def tokens(strokes: Sequence[Stroke], sheet: Sheet) -> types.SemanticTokens:
    """Each relative to the one before; a stretch of several lines can't be told."""
    data: list[int] = []
    line = unit = 0
    placed = [(place, stroke) for stroke in strokes if (place := sheet.now(stroke.span)) is not None]
    for place, stroke in sorted(placed, key=lambda pair: pair[0]):
        start, length = place.start, place.end.unit - place.start.unit
        if place.end.line != start.line or length <= 0:
            continue
        kind = LEGEND.token_types.index(TOKENS[stroke.colour])
        data += [
            start.line - line,
            start.unit - (unit if start.line == line else 0),
            length,
            kind,
            int(stroke.declares),
        ]
        line, unit = start.line, start.unit
    return types.SemanticTokens(data)
