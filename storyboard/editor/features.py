"""Each request of the protocol that is answered: its name, the function, and what the editor is told beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lsprotocol import types

from storyboard.editor import answers, mending, naming, showing
from storyboard.editor.server import Server

Feature = tuple[str, Callable[..., Any], Any]
WATCHED = "**/*.{yaml,yml,toml,j2,png,jpg,jpeg,webp,gif,mp4,mov,wav,mp3,m4a,flac,ogg}"


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
        showing.complete,
        types.CompletionOptions(trigger_characters=["@", "<", "{", ":", ".", "/", " ", ","]),
    ),
    (types.TEXT_DOCUMENT_HOVER, showing.tell, None),
    (types.TEXT_DOCUMENT_DEFINITION, naming.define, None),
    (types.TEXT_DOCUMENT_REFERENCES, naming.refer, None),
    (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, naming.highlight, None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, naming.prepare_rename, None),
    (types.TEXT_DOCUMENT_RENAME, naming.rename, types.RenameOptions(prepare_provider=True)),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, showing.outline, None),
    (types.TEXT_DOCUMENT_FOLDING_RANGE, showing.fold, None),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        mending.fix,
        types.CodeActionOptions(
            code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]
        ),
    ),
    (types.TEXT_DOCUMENT_CODE_LENS, showing.lenses, None),
    (types.TEXT_DOCUMENT_INLAY_HINT, showing.inlays, None),
    (types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, showing.colour, answers.LEGEND),
    (types.TEXT_DOCUMENT_DOCUMENT_LINK, showing.links, None),
    (types.TEXT_DOCUMENT_FORMATTING, mending.format_text, None),
)


def register(server: Server, feature: Feature) -> None:
    name, answer, options = feature
    if answer is not mending.format_text or mending.formatter() is not None:
        server.feature(name, options)(answer)
