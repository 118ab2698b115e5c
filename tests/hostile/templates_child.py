"""Renders every template of a JSON list on stdin, watched by an audit hook; prints what became of each as JSON.

A process of its own: an audit hook can't be taken off again, and a template that does not end must not stop the tests.
"""

# ruff: noqa: E501 - an attack a line
from __future__ import annotations

import json
import sys
import tempfile
import time
import traceback
import unicodedata  # noqa: F401 - `\\N{…}` in a text loads it; better now than while watching
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hostile.boards import board, quoted, read_back, written

VARS = "vars: {word: dawn, yes: true, no: false, n: 3, x: 2.5, empty: '', words: [one, two], deep: {a: {b: c}}, list: [{k: 1}]}\n"
FORBIDDEN = (
    "os.", "subprocess.", "socket.", "shutil.", "ctypes.", "import", "pty.", "webbrowser.", "urllib.",
    "sys._getframe", "marshal.", "pickle.", "tempfile.",
)  # fmt: skip
ALLOWED = ("os.listdir", "os.scandir", "os.path", "os.fspath")
OPENED = (
    ".yaml",
    ".toml",
    ".j2",
    "<template>",
)  # the last: Python looks for the source line of a SyntaxError
RAISED_AGAIN = ("__jinja_exception__",)  # the names in the code with which Jinja raises its own errors again
watching = False
seen: list[str] = []


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not watching:
        return
    if event == "open":
        if not isinstance(arguments[0], int) and not str(arguments[0]).endswith(OPENED):
            seen.append(f"open {arguments[0]}")
    elif event.startswith(FORBIDDEN) and not event.startswith(ALLOWED):
        seen.append(f"{event} {arguments!r:.200}")
    elif event == "exec" and not _of_a_template(arguments[0]):
        seen.append(f"exec {arguments[0]!r}")


def _of_a_template(code: Any) -> bool:
    return code.co_filename == "<template>" or code.co_names == RAISED_AGAIN


def attempt(folder: Path, payload: str) -> dict[str, Any]:
    """What the storyboard became. `watching` covers the check alone."""
    global watching  # noqa: PLW0603 - the hook has no other way to know
    seen.clear()
    started = time.perf_counter()
    result: dict[str, Any] = {"raised": None, "codes": [], "sent": None}
    path = written(folder, board(quoted(payload), before=VARS))
    watching = True
    try:
        found = read_back(path)
        watching = False
        result["codes"] = [diagnostic.code for diagnostic in found.diagnostics]
        if not found.errors and found.compiled is not None:
            result["sent"] = [dict(request.arguments).get("prompt") for request in found.compiled.requests]
    except BaseException:  # noqa: BLE001 - whatever it is, it is the answer
        watching = False
        result["raised"] = traceback.format_exc(limit=-3)
    return result | {"seconds": time.perf_counter() - started, "reached": list(seen)}


def main() -> None:
    payloads = json.load(sys.stdin)
    sys.addaudithook(hook)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for warm_up in (
            "{{ word }}",
            "{{ word | upper }}",
            "{{ nope }}",
            "{% for w in words %}{{ w }}{% endfor %}",
            "{{",
        ):
            attempt(folder, warm_up)
        for payload in payloads:
            print(json.dumps({"payload": payload} | attempt(folder, payload)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
