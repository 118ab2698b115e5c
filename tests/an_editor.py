"""An editor: the protocol's own client, with one storyboard open in the real server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PATIENCE = 30


class Editor:
    """One storyboard open in an editor. Lines and units count from 0."""

    def __init__(self, client: LanguageClient, path: Path) -> None:
        self.client, self.path, self.uri = client, path, path.as_uri()
        self.text, self.version = path.read_bytes().decode("utf-8"), 1
        self.document = types.TextDocumentIdentifier(self.uri)
        self.published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.logged: list[str] = []

        def receive(params: types.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

        client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(receive)
        self.registered: list[str] = []

        def register(params: types.RegistrationParams) -> None:
            self.registered += [each.method for each in params.registrations]

        client.feature(types.CLIENT_REGISTER_CAPABILITY)(register)
        client.feature(types.WINDOW_LOG_MESSAGE)(lambda params: self.logged.append(params.message))

    def open(self) -> None:
        item = types.TextDocumentItem(self.uri, "yaml", self.version, self.text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def type(self, old: str, new: str) -> None:
        """Replaces a piece of the text, as typing does: the stretch alone is sent."""
        start, stop = self.at(old), self.at(old, len(old))
        self.version += 1
        self.text = self.text.replace(old, new, 1)
        change = types.TextDocumentContentChangePartial(types.Range(start, stop), new)
        identifier = types.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    def at(self, needle: str, offset: int = 0) -> types.Position:
        before = self.text[: self.text.index(needle) + offset]
        last = before.rpartition("\n")[2]
        return types.Position(before.count("\n"), len(last.encode("utf-16-le")) // 2)

    def there(self, needle: str, offset: int = 0) -> dict[str, Any]:
        return {"text_document": self.document, "position": self.at(needle, offset)}

    async def diagnostics(self, uri: str | None = None) -> tuple[types.Diagnostic, ...]:
        """Those of the text as it is."""
        while True:
            found = await asyncio.wait_for(self.published.get(), PATIENCE)
            if found.uri == (uri or self.uri) and (uri or found.version in {None, self.version}):
                return tuple(found.diagnostics)

    def piece(self, place: types.Range) -> str:
        line = self.text.split("\n")[place.start.line].encode("utf-16-le")
        return line[2 * place.start.character : 2 * place.end.character].decode("utf-16-le")


OURS = (sys.executable, "-m", "storyboard", "lsp", "--stdio")


def session(
    path: Path, act: Callable[[Editor], Awaitable[None]], *, server: tuple[str, ...] = OURS, **able: Any
) -> None:
    """Runs a conversation with a server that is started for it, and ends it as editors do."""

    async def whole() -> None:
        client = LanguageClient("test", "1")
        await client.start_io(*server, cwd=path.parent)
        try:
            await client.initialize_async(types.InitializeParams(types.ClientCapabilities(**able)))
            editor = Editor(client, path)
            client.initialized(types.InitializedParams())
            await act(editor)
            await client.shutdown_async(None)
            client.exit(None)
            assert client._server is not None
            assert await asyncio.wait_for(client._server.wait(), PATIENCE) == 0
            assert client._server.stderr is not None
            assert await client._server.stderr.read() == b"" or server is not OURS
        finally:
            if client._server is not None and client._server.returncode is None:
                client._server.kill()
            await asyncio.wait_for(client.stop(), PATIENCE)

    asyncio.run(whole())
