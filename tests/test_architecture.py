"""Rules of the house, read from the source: what may import what, who knows fal, who prints, what is never said."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

import storyboard
from storyboard.cli.app import COMMANDS

ROOT = Path(storyboard.__file__).parent
PURE = ("read", "rules", "compile", "plan", "catalog", "report", "imports", "editor/layout")
PURE_FILES = (
    "diagnostics.py",
    "errors.py",
    "media/fact.py",
    "ledger/record.py",
    "media/moves.py",
    "media/camera_words.py",
    "editor/fmt.py",
)
VALUES = {
    "storyboard.media.fact",
    "storyboard.ledger.record",
}  # types that other rooms hand to the pure stages
PURE_OF_EDITOR = (
    "storyboard.editor.fmt",
    "storyboard.editor.layout",
)  # the rest of that room talks to an editor

# Modules of the standard library that compute and do nothing else.
COMPUTING = {
    *(
        "__future__",
        "abc",
        "ast",
        "base64",
        "bisect",
        "collections",
        "copy",
        "datetime",
        "decimal",
        "difflib",
        "fnmatch",
    ),
    *(
        "enum",
        "fractions",
        "functools",
        "hashlib",
        "heapq",
        "html",
        "itertools",
        "json",
        "math",
        "operator",
        "pathlib",
    ),
    *(
        "posixpath",
        "re",
        "string",
        "textwrap",
        "tomllib",
        "types",
        "typing",
        "unicodedata",
        "urllib.parse",
        "csv",
        "io",
    ),
}
LIBRARIES = {"msgspec", "pydantic", "pydantic_core", "jinja2", "ruamel"}
TOUCHING = {
    *(
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "unlink",
        "mkdir",
        "touch",
        "exists",
        "is_file",
        "is_dir",
    ),
    *(
        "iterdir",
        "glob",
        "rglob",
        "resolve",
        "stat",
        "home",
        "cwd",
        "now",
        "today",
        "utcnow",
        "system",
        "popen",
    ),
}
BUILT_IN = {"open", "input", "print", "exec", "eval", "compile", "__import__", "breakpoint", "globals"}
# The catalog's own data, and the manual of the rules, lie beside their code: these may read it.
MAY_READ = {"catalog/endpoints.py", "catalog/prices.py", "catalog/times.py", "rules/explained.py"}
FORBIDDEN = re.compile(r"^(utils?|helpers?|managers?|handlers?)$", re.IGNORECASE)


def sources(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


EVERY = sources("")
PURE_SOURCES = [*sources(*PURE), *(ROOT / name for name in PURE_FILES if (ROOT / name).exists())]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere in it, functions included."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports by dots"
            yield node.module or ""


def calls(path: Path) -> Iterator[tuple[str, int, bool]]:
    """(name, line, whether it is a method)."""
    for node in nodes(path):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id, node.lineno, False
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr, node.lineno, True


def texts(path: Path) -> Iterator[tuple[str, int]]:
    """String constants, without docstrings."""
    said = {
        id(node.body[0].value)
        for node in nodes(path)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value, node.lineno


def test_there_is_something_to_look_at() -> None:
    assert len(EVERY) > 80
    assert len(PURE_SOURCES) > 40


def test_a_stage_knows_only_the_stages_before_it() -> None:
    order = ["read", "compile", "rules", "plan"]
    for position, room in enumerate(order):
        later = {f"storyboard.{name}" for name in order[position + 1 :]}
        for path in sources(room):
            found = {".".join(module.split(".")[:2]) for module in imports(path)} & later
            assert not found, f"{name_of(path)} looks ahead to {found}"


def test_pure_stages_import_nothing_that_touches_the_world() -> None:
    for path in PURE_SOURCES:
        for module in imports(path):
            if module.split(".")[0] == "storyboard":
                room = module.split(".")[1] if "." in module else ""
                known = room in {*PURE, "diagnostics", "findings", "errors", ""} or module in VALUES
                assert known or module.startswith(PURE_OF_EDITOR), module
            else:
                assert module in COMPUTING or module.split(".")[0] in {*LIBRARIES, *COMPUTING}, module


def test_pure_stages_call_nothing_that_touches_the_world() -> None:
    for path in PURE_SOURCES:
        if name_of(path) in MAY_READ:
            continue
        for name, line, method in calls(path):
            touching = name in TOUCHING if method else name in BUILT_IN
            assert not touching, f"{name_of(path)}:{line} calls {name}"


def test_what_the_catalog_reads_is_its_own() -> None:
    for name in MAY_READ:
        assert "__file__" in (ROOT / name).read_text(encoding="utf-8")


# fal's hosts and headers as programs speak to them. The look-alike is the other end of the same wire.
WIRE = re.compile(
    r"queue\.fal|rest\.fal|api\.fal\.ai|fal\.media|falrun|x-fal-|fal-cdn|IN_QUEUE|IN_PROGRESS|upload/initiate"
    r"|/v1/models|by-endpoint|request_timeout|(?<!models/)fal\.run/",
    re.IGNORECASE,
)
# What is printed for a person to paste into a shell is a text, made by the room that knows the wire.
KNOWS_FAL = ("fal/", "sandbox/")


def test_one_package_knows_fals_wire() -> None:
    for path in [p for p in EVERY if not name_of(p).startswith(KNOWS_FAL)]:
        found = [f"{name_of(path)}:{line}: {text[:60]!r}" for text, line in texts(path) if WIRE.search(text)]
        assert not found


def test_only_the_command_line_prints() -> None:
    for path in [p for p in EVERY if not name_of(p).startswith("cli/")]:
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{name_of(path)}:{node.lineno}"
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "sys"
            ):
                assert node.attr not in {"stdout", "stderr"}, f"{name_of(path)}:{node.lineno}"


def test_nothing_but_the_command_line_imports_the_command_line() -> None:
    for path in [p for p in EVERY if not name_of(p).startswith(("cli/", "__main__"))]:
        assert not [
            module
            for module in imports(path)
            if module.startswith("storyboard.cli") or module in {"typer", "rich"}
        ]


# Git, ffmpeg, and whatever doctor tries on a disk: each in one place that knows what it must not be let do.
STARTS_PROGRAMS = {"git.py", "media/ffmpeg.py", "media/speech.py", "ledger/doctor/disk.py"}


def test_programs_are_started_in_few_places() -> None:
    assert {name_of(path) for path in EVERY if "subprocess" in set(imports(path))} == STARTS_PROGRAMS


def test_one_package_speaks_http() -> None:
    for path in [p for p in EVERY if not name_of(p).startswith(("fal/", "sandbox/"))]:
        if name_of(path).startswith(("render/", "cli/")):
            continue  # they may hold the client that fal/ made
        web = {"httpx", "ssl", "http.client", "urllib.request", "requests", "aiohttp"}
        assert not [module for module in imports(path) if module in web]


def test_one_file_speaks_to_shared_stores() -> None:
    knows = {name_of(path) for path in EVERY if {m.split(".")[0] for m in imports(path)} & {"obstore"}}
    assert knows == {"ledger/bucket.py"}


SPEAKS_TO_EDITORS = {
    f"editor/{name}.py" for name in ("answers", "features", "mending", "naming", "server", "showing")
}
# What is open is kept, and files are looked for, in these; the rest of the room computes.
OF_THE_DESK = {"editor/desk.py", "editor/overlay.py", "editor/vocabulary.py"}


def test_few_files_speak_to_editors_and_the_rest_of_their_room_computes() -> None:
    for path in [p for p in EVERY if name_of(p) not in SPEAKS_TO_EDITORS]:
        assert not [module for module in imports(path) if module.split(".")[0] in {"pygls", "lsprotocol"}]
    for path in sources("editor"):
        if name_of(path) in SPEAKS_TO_EDITORS | OF_THE_DESK:
            continue
        for module in imports(path):
            known = module.split(".")[0] in {"storyboard", *LIBRARIES, *COMPUTING}
            assert known, f"{name_of(path)} imports {module}"
        for name, line, method in calls(path):
            touching = name in TOUCHING if method else name in BUILT_IN
            assert not touching, f"{name_of(path)}:{line} calls {name}"


def words(name: str) -> list[str]:
    return re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)


def test_names_are_the_fields_own_words() -> None:
    for path in EVERY:
        names = [path.stem, *path.relative_to(ROOT).parts[:-1]]
        assert path.stem != "base"
        for node in nodes(path):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                names.append(node.name)
                if isinstance(node, ast.ClassDef):
                    assert "base" not in [word.lower() for word in words(node.name)], node.name
        for name in names:
            assert not [word for word in words(name) if FORBIDDEN.match(word)], name


def test_the_rooms_are_those_of_the_plan() -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "__pycache__"}
    later = {"editor", "imports", "preview"}
    expected = {
        *(
            "cli",
            "read",
            "rules",
            "compile",
            "catalog",
            "plan",
            "media",
            "fal",
            "ledger",
            "render",
            "cut",
            "report",
        ),
        "sandbox",
    }
    assert expected <= rooms <= expected | later | {"schemas", "templates"}
    order = ast.get_docstring(tree(ROOT / "pipeline.py")) or ""
    stages = [order.index(stage) for stage in ("read", "compile", "plan", "render", "cut")]
    assert stages == sorted(stages), "pipeline.py states the order of the work"


def test_every_command_has_a_file_of_its_own() -> None:
    for name, module in COMMANDS.items():
        assert module.startswith("storyboard.cli."), name
        assert (ROOT / "cli" / f"{module.rpartition('.')[2]}.py").exists(), name


HEAVY = {
    "httpx",
    "moviepy",
    "av",
    "starlette",
    "uvicorn",
    "watchfiles",
    "sqlalchemy",
    "psycopg",
    "obstore",
    "PIL",
    "numpy",
    "imageio_ffmpeg",
    "asyncio",
    "rich",
    "pygls",
    "lsprotocol",
}
LOADED = """
import atexit, json, sys
atexit.register(lambda: print("\\nLOADED " + json.dumps(sorted({name.split(".")[0] for name in sys.modules}))))
from storyboard.cli.app import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["check", "fmt", "expand", "estimate", "schema", "prices"])
def test_what_only_reads_imports_nothing_heavy(command: str, tmp_path: Path) -> None:
    """As a real process, with stills and templates to look at."""
    import shutil
    import subprocess

    shutil.copytree(Path(__file__).parent / "golden" / "film" / "potter", tmp_path / "film")
    arguments = [] if command in {"schema", "prices"} else [str(tmp_path / "film")]
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, command, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    loaded = set(json.loads(ran.stdout.rpartition("LOADED ")[2]))
    assert "storyboard" in loaded
    assert not loaded & HEAVY


def test_help_and_version_are_quick_to_say(process: Callable) -> None:
    ran = process("--version")
    assert (ran.code, ran.out) == (0, f"storyboard {storyboard.__version__}\n")
    ran = process("--help")
    assert ran.code == 0
    for name in COMMANDS:
        assert name in ran.out
    ran = process("chekc")
    assert ran.code == 2
    assert "Traceback" not in ran.err
