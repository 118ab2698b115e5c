"""The schema as editors use it: with the YAML language server of VS Code, Neovim, Helix and others, over stdio."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from test_sandbox_clients import installed, tool

from storyboard.folders import folder
from storyboard.location import SHIPPED
from storyboard.read.authored import Included, Storyboard
from storyboard.report.language_words import TEMPLATES
from storyboard.report.schema import language_schema

HERE = Path(__file__).parent
SCHEMA = folder("schemas") / "storyboard-1.schema.json"
FILMS = sorted(
    [
        *(HERE.parent / "examples").glob("*/storyboard.yaml"),
        *(HERE.parent / "templates").glob("starters/*/storyboard.yaml"),
        *(HERE / "golden").glob("film/*/storyboard.yaml"),
        *(HERE / "golden").glob("ok/*.yaml"),
    ]
)
MODELINE = re.compile(r"^# yaml-language-server:.*\n")


# --- every field says what it is ---------------------------------------------------------------------------------


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    models = {"Storyboard": schema, **schema["$defs"]}
    for name, model in models.items():
        for form in (model, *model.get("anyOf", [])):
            for key, told in form.get("properties", {}).items():
                yield f"{name}.{key}", told


FILES = pytest.mark.parametrize("file", [Storyboard, Included])


@FILES
def test_no_field_is_without_a_description(file: type[Included]) -> None:
    found = dict(fields(language_schema(file)))
    assert len(found) > 80
    assert [name for name, told in found.items() if not told.get("description")] == []
    assert [name for name, told in found.items() if not told["description"].endswith(".")] == []


@FILES
def test_examples_and_defaults_are_what_the_field_takes(file: type[Included]) -> None:
    """Judged by the field's own schema."""
    schema = language_schema(file)
    seen = 0
    for name, told in fields(schema):
        judge = jsonschema.Draft202012Validator({"$defs": schema["$defs"], **told})
        for value in (*told.get("examples", []), *([told["default"]] if "default" in told else [])):
            assert judge.is_valid(value), (name, value)
            seen += 1
    assert seen > 80


def test_the_words_that_are_offered_are_those_that_there_are() -> None:
    assert TEMPLATES == SHIPPED
    transition = language_schema()["$defs"]["Transition"]["properties"]
    assert transition["kind"]["anyOf"][0]["enum"][0] == "dissolve"


# --- in an editor ----------------------------------------------------------------------------------------------------


@dataclass
class Editor:
    """A language client that has one schema for all files."""

    process: subprocess.Popen[bytes]
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    said: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def send(self, method: str, params: Any, **more: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        self._write(body)

    def _write(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def ask(self, method: str, params: Any) -> Any:
        number = next(self.ids)
        self.send(method, params, id=number)
        while True:
            message = self.hear()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def hear(self) -> dict[str, Any]:
        """The next message; what the server asks is answered, what it finds is kept."""
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.said[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            asked = (
                message["params"].get("items", []) if message["method"] == "workspace/configuration" else []
            )
            answer = [SETTINGS.get(item.get("section"), {}) for item in asked] or None
            self._write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": answer}).encode())
        return message

    def open(self, name: str, text: str) -> str:
        uri = f"file:///films/{name}"
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.send("textDocument/didOpen", {"textDocument": document})
        return uri

    def problems(self, name: str, text: str) -> list[str]:
        """What the server finds in a text, with the lines (from 1)."""
        uri = self.open(name, text)
        while uri not in self.said:
            self.hear()
        return [f"{found['range']['start']['line'] + 1}: {found['message']}" for found in self.said[uri]]

    def at(self, method: str, name: str, text: str) -> Any:
        """What is answered for the place of `|`."""
        before, _, after = text.partition("|")
        uri = self.open(name, before + after)
        line = before.count("\n")
        place = {"line": line, "character": len(before.rpartition("\n")[2])}
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": uri}, "position": place})

    def offers(self, name: str, text: str) -> set[str]:
        found = self.at("completion", name, text)
        return {item["label"] for item in found["items"]}

    def tells(self, name: str, text: str) -> str:
        found = self.at("hover", name, text)
        return str(found["contents"]["value"]) if found else ""


SETTINGS: dict[str | None, Any] = {
    "yaml": {
        "schemas": {SCHEMA.as_uri(): "*.yaml"},
        "schemaStore": {"enable": False},
        "validate": True,
        "hover": True,
        "completion": True,
        "yamlVersion": "1.2",
    }
}


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    place = tmp_path_factory.mktemp("yaml")
    shutil.copy(HERE / "javascript" / "yaml" / "package.json", place)
    installed(tool("npm"), place)
    with started(place) as found:
        yield found


@contextmanager
def started(place: Path) -> Iterator[Editor]:
    command = [
        tool("node"),
        str(place / "node_modules/yaml-language-server/bin/yaml-language-server"),
        "--stdio",
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ}
    ) as process:
        editor = Editor(process)
        abilities = {
            "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
            "textDocument": {"hover": {"contentFormat": ["markdown"]}, "completion": {}},
        }
        editor.ask("initialize", {"processId": None, "rootUri": None, "capabilities": abilities})
        editor.send("initialized", {})
        editor.send("workspace/didChangeConfiguration", {"settings": SETTINGS})
        yield editor
        editor.ask("shutdown", None)
        editor.send("exit", None)


HEAD = "storyboard: 1\n"
SCENES = "scenes:\n  - id: a\n    prompt: rain\n"


@pytest.mark.long
def test_no_example_has_a_false_error(editor: Editor) -> None:
    assert len(FILMS) > 20
    found = {}
    for number, path in enumerate(FILMS):
        text = MODELINE.sub("", path.read_text(encoding="utf-8"))
        found[str(path)] = editor.problems(f"film-{number}.yaml", text)
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.long
@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (HEAD + SCENES + "titel: x\n", 5, "titel"),
        (HEAD + SCENES + "    take: none\n", 5, ""),
        (HEAD + SCENES + "    endpoint: kling-v3-standart\n", 5, "kling-v3-standard"),
        (HEAD + SCENES + "cut: {transitions: [{from: a, to: b, kind: swipe}]}\n", 5, "dissolve"),
        (HEAD + SCENES + "    duration: [1, 2]\n", 5, ""),
        ("storyboard: 2\n" + SCENES, 1, "1"),
        (SCENES, 1, "storyboard"),
    ],
)
def test_a_mistake_is_found_at_its_line(editor: Editor, text: str, line: int, word: str) -> None:
    problems = editor.problems(f"wrong-{abs(hash(text))}.yaml", text)
    assert problems
    assert any(each.startswith(f"{line}: ") and word in each for each in problems), problems


@pytest.mark.long
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (HEAD + SCENES + "|", {"title", "elements", "cut", "budget"}),
        (HEAD + SCENES + "    |", {"start_image", "dialogue", "generate_audio", "take"}),
        (
            HEAD + "scenes:\n  - id: a\n    shots:\n      - id: x\n        |",
            {"duration", "prompt", "dialogue"},
        ),
        (
            HEAD + "scenes:\n  - id: a\n    prompt:\n      scene: x\n      |",
            {"camera", "audio", "constraints"},
        ),
        (HEAD + SCENES + "    endpoint: |", {"kling-v3-standard", "kling-v3-4k"}),
        (HEAD + SCENES + "    aspect_ratio: |", {"16:9", "9:16"}),
        (HEAD + SCENES + "template: |", {"kling-v3", "kling-v3-labels"}),
        (HEAD + SCENES + "prices: |", {"seeds", "observed-2026-10"}),
        (
            HEAD + SCENES + "cut:\n  transitions:\n    - from: a\n      to: a\n      kind: |",
            {"dissolve", "wipe", "j-cut"},
        ),
        (HEAD + SCENES + "cut:\n  fit: |", {"pad", "crop"}),
    ],
)
def test_keys_and_words_are_offered(editor: Editor, text: str, wanted: set[str]) -> None:
    offered = editor.offers(f"offer-{abs(hash(text))}.yaml", text)
    assert {word.strip("\"'") for word in offered} >= wanted, offered


@pytest.mark.long
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (HEAD + SCENES + "bud|get: 3\n", "USD of one run"),
        (HEAD + SCENES + "    cfg_|scale: 0.3\n", "How close to the prompt"),
        (
            HEAD + "scenes:\n  - id: a\n    shots:\n      - dur|ation: 3\n        prompt: x\n",
            "Whole seconds, 1 to 15",
        ),
        (HEAD + "scenes:\n  - id: a\n    prompt:\n      came|ra: slow push\n", "Static, push, pull"),
        (HEAD + SCENES + "cut:\n  fit|: pad\n", "another shape"),
    ],
)
def test_hovering_tells_what_a_field_is(editor: Editor, text: str, wanted: str) -> None:
    assert wanted in editor.tells(f"hover-{abs(hash(text))}.yaml", text)
