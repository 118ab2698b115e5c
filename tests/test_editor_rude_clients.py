"""A client that sends nonsense: the server answers what it can, passes the rest over, and ends without a traceback."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any

import pytest

from storyboard.editor.server import serve

URI = "file:///nowhere/film/storyboard.yaml"
START = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"capabilities": {}, "processId": None, "rootUri": None},
}
STOP = {"jsonrpc": "2.0", "id": 99, "method": "shutdown"}
EXIT = {"jsonrpc": "2.0", "method": "exit"}


def framed(message: Any) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def opened(text: str, uri: str = URI) -> dict[str, Any]:
    item = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
    return {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}}


def asked(number: int, method: str, **params: Any) -> dict[str, Any]:
    whole = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}, **params}
    return {"jsonrpc": "2.0", "id": number, "method": f"textDocument/{method}", "params": whole}


class Kept(io.BytesIO):
    """What was written stays to be read."""

    def close(self) -> None: ...


def stream(*sent: Any) -> bytes:
    return b"".join(each if isinstance(each, bytes) else framed(each) for each in sent)


def session(*sent: Any) -> tuple[bool, list[dict[str, Any]]]:
    """With a server in this process: whether it was left in order, and all messages."""
    out = Kept()
    in_order = serve(io.BytesIO(stream(*sent)), out, {}, None)
    return in_order, messages(out.getvalue())


def messages(out: bytes) -> list[dict[str, Any]]:
    found = []
    while out:
        head, _, rest = out.partition(b"\r\n\r\n")
        assert head.startswith(b"Content-Length: "), out[:80]
        length = int(head.split(b"\r\n")[0].split()[1])
        found.append(json.loads(rest[:length]))
        out = rest[length:]
    return found


def answer(found: list[dict[str, Any]], number: int) -> dict[str, Any]:
    [answered] = [each for each in found if each.get("id") == number]
    return answered


POSITIONS = [{"line": 10**9, "character": 10**9}, {"line": 0, "character": 2**31 - 1}]
NONSENSE: list[Any] = [
    b"nonsense\r\n\r\n",
    b"Content-Length: -5\r\n\r\n",
    b"Content-Length: five\r\n\r\n",
    framed(b"{"),
    framed(b"\xff\xfe"),
    framed([]),
    framed(5),
    framed(b"null"),
    {"jsonrpc": "1.0", "method": "x"},
    {"jsonrpc": "2.0", "id": 2, "method": "no/such", "params": {}},
    {"jsonrpc": "2.0", "method": "no/such"},
    {"jsonrpc": "2.0", "id": 77, "result": 5},
    {"jsonrpc": "2.0", "id": 3, "method": "textDocument/hover", "params": {"textDocument": 5}},
    {
        "jsonrpc": "2.0",
        "method": "textDocument/didChange",
        "params": {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": "x"}]},
    },
    {"jsonrpc": "2.0", "method": "textDocument/didClose", "params": {"textDocument": {"uri": "file:///never/opened"}}},
]  # fmt: skip


def test_nonsense_is_passed_over() -> None:
    good = [
        opened("storyboard: 1\n"),
        *[asked(20 + at, "hover", position=place) for at, place in enumerate(POSITIONS)],
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "storyboard", "lsp"],
        input=stream(START, *NONSENSE, *good, STOP, EXIT),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    found = messages(ran.stdout)
    assert "error" in answer(found, 2)
    assert {"result", "id", "jsonrpc"} >= set(answer(found, 99))
    assert "result" in answer(found, 20)
    told = [each["params"]["message"] for each in found if each.get("method") == "window/logMessage"]
    assert told
    assert all(text.startswith("storyboard: ") and "Traceback" not in text for text in told)


EVERYWHERE = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 9}}
REQUESTS: dict[str, dict[str, Any]] = {
    "completion": {},
    "hover": {},
    "definition": {},
    "references": {"context": {"includeDeclaration": True}},
    "prepareRename": {},
    "rename": {"newName": "x"},
    "documentSymbol": {},
    "documentHighlight": {},
    "documentLink": {},
    "foldingRange": {},
    "codeAction": {"range": EVERYWHERE, "context": {"diagnostics": []}},
    "codeLens": {},
    "inlayHint": {"range": EVERYWHERE},
    "semanticTokens/full": {},
}  # fmt: skip
# Not open at all; not ours; empty; broken; hostile; a lone surrogate; signs that end a line for YAML alone.
TEXTS: dict[str, str | None] = {
    "unknown": None,
    "other": "services: {}\n",
    "empty": "",
    "broken": "storyboard: [\n  'x\n@",
    "deep": "storyboard: 1\nscenes: " + "[" * 500,
    "list": "- storyboard: 1\n",
    "surrogate": "storyboard: 1\ntitle: \ud800\n",
    "breaks": "storyboard: 1\u2028title: x\x85note: y\rscenes: []\r\n",
    "shapes": "storyboard: 1\nscenes: {a: 5}\nelements: [1]\nvoices: 3\ncut: {order: {a: b}, sound: [1]}\nvars: [x]\n",
    "jinja": "storyboard: 1\nscenes:\n  - id: '{{ x'\n    prompt: '{% for %} @ <<< {{ }}'\n    dialogue: {a: [b]}\n",
}  # fmt: skip


REFUSED = -32803  # the protocol's RequestFailed


def numbered(at: int) -> range:
    """The ids of the requests about the text of this number."""
    return range(100 * at + 100, 100 * at + 100 + len(REQUESTS))


def test_every_request_is_answered_whatever_the_text() -> None:
    sent: list[Any] = []
    for at, (name, text) in enumerate(TEXTS.items()):
        uri = f"file:///nowhere/{name}/{'compose' if name == 'other' else 'storyboard'}.yaml"
        sent += [opened(text, uri)] if text is not None else []
        for number, (method, more) in zip(numbered(at), REQUESTS.items(), strict=True):
            sent.append(asked(number, method, **more, textDocument={"uri": uri}))
    in_order, found = session(START, *sent, STOP, EXIT)
    assert in_order
    for at, name in enumerate(TEXTS):
        answers = [answer(found, number) for number in numbered(at)]
        refused = [each["error"] for each in answers if "error" in each]  # a rename, with the reason
        assert [each["code"] for each in refused] in ([], [REFUSED]), name
        if name in {"unknown", "other"}:
            assert all(each["result"] is None for each in answers)


def test_a_huge_text_is_refused_in_words() -> None:
    in_order, found = session(
        START, opened("storyboard: 1\n" + "#" * 33_600_000), asked(2, "hover"), STOP, EXIT
    )
    assert in_order
    assert answer(found, 2)["result"] is None


@pytest.mark.parametrize(
    "sent",
    [
        (),
        (START,),
        (START, EXIT),
        (b"Content-Length: 99999999999999999999999\r\n\r\n",),
        (b"Content-Length: " + b"9" * 10_000 + b"\r\n\r\n{}",),
        (START, framed(opened("storyboard: 1\n"))[:-20]),
    ],
)
def test_a_client_that_leaves_without_a_word(
    sent: tuple[Any, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    in_order, _ = session(*sent)
    assert not in_order
    assert capfd.readouterr() == ("", "")


SENTENCE = "pygls is not installed: pip install 'storyboard-compiler[lsp]', then run this again."
RUN = "import sys; sys.modules['pygls'] = None; from storyboard.cli.app import run; sys.exit(run(['lsp']))"


def test_without_its_libraries_one_sentence_says_what_to_install() -> None:
    ran = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (4, "", f"storyboard: {SENTENCE}\n")
