"""A whole session: the real process, spoken to over its standard streams by the protocol's own client."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from an_editor import Editor, session
from lsprotocol import types
from pygls.exceptions import JsonRpcException

EXAMPLE = Path(__file__).parents[1] / "examples" / "potters-morning"
EVERYTHING = types.Range(types.Position(0, 0), types.Position(999, 0))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "film")
    return tmp_path / "film"


async def looked_at(editor: Editor) -> None:
    client, document = editor.client, editor.document
    assert await editor.diagnostics() == ()
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(document))
    assert [lens.command.title for lens in lenses][:2] == [
        "4 scenes · 30 s · 7.56 USD by seeds, 2026-04-25",
        "7 s · audio · 1.76 USD",
    ]
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(document, EVERYTHING))
    assert hints[0].label == "4 s · 431/512 · 1.01 USD"
    assert len(hints) == 8
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert [(each.name, each.detail) for each in symbols][1:3] == [("dawn", "7 s"), ("wheel", "9 s")]
    folds = await client.text_document_folding_range_async(types.FoldingRangeParams(document))
    assert len(folds) > 10
    told = await client.text_document_hover_async(types.HoverParams(**editor.there("crosses the floor")))
    assert "**dawn.arrive** · 4 s · 431/512 · 1.01 USD" in told.contents.value
    links = await client.text_document_document_link_async(types.DocumentLinkParams(document))
    assert links[0].target == (editor.path.parent / "stills" / "potter-front.jpg").as_uri()
    tokens = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
    assert len(tokens.data) == 5 * 54


async def found_by_name(editor: Editor) -> None:
    client = editor.client
    places = await client.text_document_definition_async(types.DefinitionParams(**editor.there("@potter", 3)))
    assert [editor.piece(place.range) for place in places] == ["potter"]
    still = await client.text_document_definition_async(
        types.DefinitionParams(**editor.there("stills/dawn", 3))
    )
    assert [place.uri for place in still] == [(editor.path.parent / "stills" / "dawn.jpg").as_uri()]
    asked = types.ReferenceParams(
        types.ReferenceContext(include_declaration=True), **editor.there("@potter", 3)
    )
    found = await client.text_document_references_async(asked)
    assert {editor.piece(place.range) for place in found} == {"potter"}
    shown = await client.text_document_document_highlight_async(
        types.DocumentHighlightParams(**editor.there("@potter", 3))
    )
    assert len(shown) == len(found) == 7
    here = await client.text_document_prepare_rename_async(
        types.PrepareRenameParams(**editor.there("@potter", 3))
    )
    assert here.placeholder == "potter"
    edit = await client.text_document_rename_async(
        types.RenameParams(new_name="smith", **editor.there("@potter", 3))
    )
    assert [change.new_text for change in edit.changes[editor.uri]] == ["smith"] * 7
    with pytest.raises(JsonRpcException, match="the name `bowl` is taken"):
        await client.text_document_rename_async(
            types.RenameParams(new_name="bowl", **editor.there("@potter", 3))
        )


async def written_in(editor: Editor) -> None:
    client = editor.client
    editor.type("crosses the floor", "crosses 🐈 日本 the @flor")
    [unknown] = await editor.diagnostics()
    assert (unknown.code, editor.piece(unknown.range)) == ("SB201", "@flor")
    offered = await client.text_document_completion_async(types.CompletionParams(**editor.there("@flor", 3)))
    assert [item.label for item in offered.items] == ["potter", "bowl", "cat"]
    assert editor.piece(offered.items[0].text_edit.range) == "fl"
    editor.type("id: wheel", "id: dawn")
    taken = next(each for each in await editor.diagnostics() if each.code == "SB108")
    [first] = taken.related_information
    assert (first.message, editor.piece(first.location.range)) == ("first used here", "dawn")
    editor.type("id: dawn\n    start", "id: 'dawn\n    start")
    assert "SB003" in {each.code for each in await editor.diagnostics()}
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(editor.document))
    assert "tea" in [each.name for each in symbols]
    offered = await client.text_document_completion_async(types.CompletionParams(**editor.there("@flor", 3)))
    assert [item.label for item in offered.items] == ["potter", "bowl", "cat"]


def test_a_storyboard_is_opened_looked_at_and_written_in(film: Path) -> None:
    async def act(editor: Editor) -> None:
        editor.open()
        await looked_at(editor)
        await found_by_name(editor)
        await written_in(editor)
        assert editor.logged == []

    session(film / "storyboard.yaml", act)


def test_files_beside_it_count_as_they_stand_in_the_editor(film: Path) -> None:
    """Units of UTF-8, a template that is open, an element that nobody uses."""

    async def act(editor: Editor) -> None:
        template = editor.path.parent / "ours.j2"
        template.write_text("{{ subject_motion }}", encoding="utf-8")
        editor.text = editor.text.replace("@cat", "a cat").replace(
            "kling-v3-standard", "kling-v3-standard\ntemplate: ours.j2"
        )
        editor.open()
        [unused] = await editor.diagnostics()
        assert (unused.code, unused.tags) == ("SB204", (types.DiagnosticTag.Unnecessary,))
        item = types.TextDocumentItem(template.as_uri(), "jinja", 1, "é {{ subject }}")
        editor.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        [undefined, *_] = await editor.diagnostics(template.as_uri())
        assert (undefined.code, undefined.range.start.character) == ("SB206", 6)
        closed = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(template.as_uri()))
        editor.client.text_document_did_close(closed)
        while await editor.diagnostics(template.as_uri()):
            pass

        assert editor.registered == ["workspace/didChangeWatchedFiles"]
        (editor.path.parent / "stills" / "dawn.jpg").unlink()
        gone = types.FileEvent("file:///any", types.FileChangeType.Deleted)
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([gone]))
        while "SB401" not in {each.code for each in await editor.diagnostics()}:
            pass

    watching = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    encodings = [types.PositionEncodingKind.Utf8, types.PositionEncodingKind.Utf16]
    able = {
        "general": types.GeneralClientCapabilities(position_encodings=encodings),
        "workspace": types.WorkspaceClientCapabilities(did_change_watched_files=watching),
    }
    session(film / "storyboard.yaml", act, **able)


def test_a_part_opened_alone_is_checked_by_the_storyboard_that_includes_it(tmp_path: Path) -> None:
    (tmp_path / "storyboard.yaml").write_text(
        "storyboard: 1\nendpoint: kling-v3-standard-text\ninclude: cast.yaml\n"
        "scenes: [{id: a, prompt: '@mara runs'}]\n",
        encoding="utf-8",
    )
    cast = tmp_path / "cast.yaml"
    cast.write_text("elements: {mara: {description: 'in {{ colour }}'}}\n", encoding="utf-8")

    async def act(editor: Editor) -> None:
        editor.open()
        [undefined] = await editor.diagnostics()
        assert (undefined.code, editor.piece(undefined.range)) == ("SB206", "colour")
        editor.type("{{ colour }}", "red")
        assert await editor.diagnostics() == ()
        told = await editor.client.text_document_hover_async(types.HoverParams(**editor.there("mara", 1)))
        assert "in red" in told.contents.value

    session(cast, act)
