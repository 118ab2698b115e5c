"""The language server: the protocol's requests to this room's functions, and their values back. It alone listens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from lsprotocol import types
from pygls.exceptions import FeatureRequestError, JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.uris import from_fs_path, to_fs_path

from storyboard import __version__
from storyboard.catalog.prices import PriceBook
from storyboard.diagnostics import Edit
from storyboard.editor.answers import Places, diagnostic, point, stretch
from storyboard.editor.desk import Desk
from storyboard.editor.positions import Page, Units, replaced
from storyboard.editor.sheet import Sheet
from storyboard.editor.written import Written

MOMENT = 0.005  # seconds without a key before a look
WHILE = 0.3  # and before a whole check of what takes long
LONGEST = 2.0  # at the most, however long it takes
UNITS: Mapping[Any, Units] = {"utf-8": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"}


class Protocol(LanguageServerProtocol):
    """Keeps the texts itself: the library ends lines at more signs than the protocol does."""

    _server: Server

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Iterator[Any]:
        self._server.opened(params.text_document)
        yield from ()

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self._server.changed(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Iterator[Any]:
        self._server.closed(params.text_document.uri)
        yield from ()


class Server(LanguageServer):
    """`desk` holds what is open. Diagnostics go out a moment after the last key."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("storyboard", __version__, protocol_cls=Protocol)
        self.desk = desk
        self.waiting: dict[str, asyncio.TimerHandle] = {}
        self.published: dict[str, set[str]] = {}  # by the storyboard's uri, the uris that it has a say in

    def sheet(self, uri: str) -> Sheet | None:
        """An open storyboard, or a part of one, that can be asked about."""
        sheet = self.desk.sheets.get(uri)
        if sheet is None or sheet.is_too_large:
            return None
        return sheet if sheet.is_storyboard or self.desk.is_part(sheet) else None

    def storyboard(self, uri: str) -> Sheet | None:
        """An open one, or one that an open file belongs to."""
        sheet = self.desk.sheets.get(uri) or self.desk.behind.get(uri)
        return sheet if sheet is not None and sheet.is_storyboard else None

    def opened(self, document: types.TextDocumentItem) -> None:
        self.desk.units = UNITS.get(self.workspace.position_encoding, "utf-16")
        path = Path(
            to_fs_path(document.uri) or f"{document.uri.rpartition(':')[2].strip('/') or 'untitled'}.yaml"
        )
        self.desk.open(document.uri, path, document.text, document.version, document.language_id)
        self.look_again()

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        sheet = self.desk.sheets.get(params.text_document.uri)
        if sheet is None:
            return
        for change in params.content_changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                sheet.text = replaced(sheet.page, stretch(change.range), change.text)
            else:
                sheet.text = change.text
        sheet.version = params.text_document.version
        self.touched(sheet.uri)

    def closed(self, uri: str) -> None:
        self.desk.sheets.pop(uri, None)
        self.retract(uri)
        self.look_again()

    def retract(self, uri: str) -> None:
        """Nothing more is said of a storyboard."""
        if (timer := self.waiting.pop(uri, None)) is not None:
            timer.cancel()
        for other in self.published.pop(uri, set()):
            self.publish(other)

    def touched(self, uri: str) -> None:
        """Checks what a change concerns, when no other comes in a moment."""
        changed = self.desk.sheets[uri]
        own = [changed] if changed.is_storyboard or uri in self.published else []
        for sheet in [*own, *self.desk.forget(changed)]:
            self.soon(sheet)

    def look_again(self) -> None:
        """Something is another than it was, and nobody knows whose."""
        for uri in self.desk.attend():
            if uri not in self.desk.sheets:
                self.retract(uri)
        for sheet in self.desk.forget():
            self.soon(sheet)

    def soon(self, sheet: Sheet) -> None:
        self.after(MOMENT, sheet.uri, self.look)

    def after(self, pause: float, uri: str, act: Callable[[str], None]) -> None:
        """In place of what else was to be done with the sheet."""
        if (timer := self.waiting.pop(uri, None)) is not None:
            timer.cancel()
        self.waiting[uri] = asyncio.get_running_loop().call_later(pause, act, uri)

    def look(self, uri: str, *, whole: bool = False) -> None:
        """A bug of ours in here ends no session: it is told, and the next key tries again."""
        self.waiting.pop(uri, None)
        sheet = self.storyboard(uri)
        try:
            if sheet is not None and whole:
                self.desk.checked(sheet)
            elif sheet is not None and not self.desk.look(sheet):
                pause = min(max(sheet.seconds, WHILE), LONGEST)
                self.after(pause, uri, partial(self.look, whole=True))
            self.say_what_was_found(uri, sheet)
        except Exception as failure:  # noqa: BLE001 - no one else catches it
            self.tell(f"this is a bug of ours ({type(failure).__name__}: {failure}). Please send it to us.")

    def say_what_was_found(self, uri: str, sheet: Sheet | None) -> None:
        concerned = {self.uri(path) for path in self.desk.found(sheet)} if sheet is not None else set()
        before = self.published.get(uri, set())
        self.published[uri] = concerned
        for each in sorted({uri, *concerned, *before}):
            self.publish(each)

    def publish(self, uri: str) -> None:
        """All that is wrong in a file, of whatever storyboard."""
        found = [item for other in list(self.published) for item in self.found_in(uri, other)]
        sheet = self.desk.sheets.get(uri)
        version = sheet.version if sheet is not None else None
        unique = list({(item.code, str(item.range), item.message): item for item in found}.values())
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, unique, version))

    def found_in(self, uri: str, storyboard: str) -> Iterator[types.Diagnostic]:
        """What a storyboard's check has to say of a file."""
        sheet = self.storyboard(storyboard)
        if sheet is None:
            return
        places = self.places(sheet)
        for path, found in self.desk.found(sheet).items():
            if self.uri(path) == uri:
                yield from (diagnostic(each, places) for each in found)

    def places(self, sheet: Sheet) -> Places:
        """Of the spans that its diagnostics and names have."""
        pages: dict[str, Page] = {**self.desk.pages(sheet), sheet.name: sheet.page}
        return Places(pages, {name: self.uri(self.desk.file(sheet, name)) for name in pages})

    def places_in(self, files: Sequence[Written]) -> Places:
        """Of the spans of these texts, open or not."""
        pages = {each.source.path: Page(each.source, self.desk.units) for each in files}
        return Places(pages, {name: self.uri(Path(name)) for name in pages})

    def uri(self, path: Path) -> str:
        """As the editor spells it, where the file is open."""
        for sheet in (*self.desk.sheets.values(), *self.desk.behind.values()):
            if sheet.path == path:
                return sheet.uri
        return from_fs_path(str(path)) or path.as_uri()

    def index(self, sheet: Sheet, position: types.Position) -> int:
        return sheet.page.index(point(position))

    def edit(self, edits: Sequence[Edit], places: Places) -> types.WorkspaceEdit:
        changes: dict[str, Any] = {}
        for edit in edits:
            where = places.location(edit.span)
            changes.setdefault(where.uri, []).append(types.TextEdit(where.range, edit.text))
        return types.WorkspaceEdit(changes=changes)

    def tell(self, text: str) -> None:
        """For the editor's log."""
        message = types.LogMessageParams(types.MessageType.Error, f"storyboard: {text}")
        self.window_log_message(message)

    def report_server_error(self, error: Exception, source: type[PyglsError | JsonRpcException]) -> None:
        """What the client sent and nobody understands, in one line; a failed request is answered by itself."""
        if source is not FeatureRequestError:
            self.tell(f"a message was not understood ({type(error).__name__}). It was passed over.")


class Input:
    """What the client writes. A header that no message can have ends it, as its end would."""

    LONGEST_LINE = 8192
    LONGEST_NUMBER = 10  # digits of a message's length

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def readline(self) -> bytes:
        line = self.stream.readline(self.LONGEST_LINE)
        digits = sum(byte in b"0123456789" for byte in line)
        return b"" if line.startswith(b"Content-Length") and digits > self.LONGEST_NUMBER else line

    def read(self, size: int) -> bytes:
        return self.stream.read(size)


def serve(stdin: BinaryIO, stdout: BinaryIO, variables: Mapping[str, Any], book: PriceBook | None) -> bool:
    """Until the client is done. False when it left without a word."""
    from storyboard.editor.features import FEATURES, register

    logging.getLogger("pygls").addHandler(logging.NullHandler())
    logging.getLogger("pygls").propagate = False  # its tracebacks are nobody's on a terminal
    server = Server(Desk(variables, book))
    for feature in FEATURES:
        register(server, feature)
    server.start_io(cast("BinaryIO", Input(stdin)), stdout)
    return server.protocol._shutdown  # noqa: SLF001 - the library has no other word for it
