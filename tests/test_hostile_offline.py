"""No socket, and the same bytes everywhere: what `expand` and `plan` say decides what is bought."""

# ruff: noqa: E501 - an attack a line
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hostile.boards import written
from test_hostile_mutations import OTHERS

ROOT = Path(__file__).parents[1]
WATCHED = """
import sys
seen = []
def hook(event, arguments):
    if event.startswith("socket.") and event != "socket.__new__" or event in {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"}:
        seen.append(f"{event} {arguments!r}")
sys.addaudithook(hook)
from storyboard.cli.app import run
code = run(sys.argv[1:])
assert not seen, seen
for heavy in ("httpx", "av", "moviepy", "starlette", "uvicorn", "PIL"):
    assert heavy not in sys.modules, heavy
sys.exit(code)
"""
COMMANDS = (["check", "."], ["expand", "."], ["estimate", "."], ["plan", "."])

needs_unshare = pytest.mark.skipif(shutil.which("unshare") is None, reason="a network namespace")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "packshot", folder)
    (folder / "storyboard.toml").touch()
    return folder


def ended(
    arguments: list[str], cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        arguments,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_socket_and_no_process_is_made(project: Path, command: list[str]) -> None:
    found = ended([sys.executable, "-c", WATCHED, *command], project)
    assert found.returncode == 0, found.stderr.decode()


@pytest.mark.linux
@needs_unshare
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_without_any_network(project: Path, command: list[str]) -> None:
    alone = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-Urn"]
    if ended([*alone, "true"], project).returncode:
        pytest.skip("this machine makes no network namespaces")
    found = ended([*alone, sys.executable, "-m", "storyboard", *command], project)
    assert found.returncode == 0, found.stderr.decode()


@pytest.mark.linux
@pytest.mark.skipif(shutil.which("strace") is None, reason="a witness of system calls")
@pytest.mark.parametrize(
    "command", [["plan", "."], *(pytest.param(c, marks=pytest.mark.long) for c in COMMANDS[:3])], ids=str
)
def test_the_kernel_saw_no_internet_socket(project: Path, tmp_path: Path, command: list[str]) -> None:
    trace = tmp_path / "trace"
    witness = ["strace", "-f", "-qq", "-e", "trace=socket,connect", "-o", str(trace)]
    if ended([*witness, "true"], project).returncode:
        pytest.skip("this machine lets nobody trace")
    found = ended([*witness, sys.executable, "-m", "storyboard", *command], project)
    assert found.returncode == 0, found.stderr.decode()
    assert [line for line in trace.read_text().splitlines() if "AF_INET" in line] == []


PLACES = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"},
    {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONUTF8": "0"},
    {"PYTHONHASHSEED": "3", "PYTHONOPTIMIZE": "2", "HOME": "/nonexistent", "LC_ALL": "de_DE.UTF-8"},
]


def test_the_same_bytes_everywhere(project: Path, tmp_path: Path) -> None:
    """Requests and plans: in other hash orders, time zones, locales, folders and from other working folders."""
    elsewhere = tmp_path / "ünï cødé 水" / "deep"
    shutil.copytree(project, elsewhere)
    found: dict[tuple[str, ...], set[bytes]] = {}
    for number, env in enumerate(PLACES):
        folder = elsewhere if number % 2 else project
        cwd, named = (folder, ".") if number < 2 else (tmp_path, str(folder.relative_to(tmp_path)))
        for command in (("expand",), ("plan", "--format", "json")):
            result = ended([sys.executable, "-m", "storyboard", command[0], named, *command[1:]], cwd, env)
            assert result.returncode == 0, result.stderr.decode()
            found.setdefault(command, set()).add(result.stdout)
    assert {command: len(outputs) for command, outputs in found.items()} == dict.fromkeys(found, 1)


MANY = """
import hashlib, json, sys
sys.path[:0] = json.loads(sys.argv[2])
from pathlib import Path
from storyboard.location import locate
from storyboard.pipeline import check
from storyboard.report.documents import as_json, check_document, expand_document
sums = []
for path in sorted(Path(sys.argv[1]).glob("*.yaml")):
    found = check(locate(path), {}, missing_is_error=False)
    said = as_json(check_document(found.diagnostics)).replace(sys.argv[1], "")
    made = as_json(expand_document(found.compiled.requests)) if not found.errors and found.compiled else ""
    sums.append(hashlib.sha256((said + made).encode()).hexdigest())
print(json.dumps(sums))
"""


@pytest.mark.long
def test_many_storyboards_are_the_same_in_every_process(tmp_path: Path) -> None:
    """Good ones and broken ones: the messages repeat as the requests do."""
    import random

    from test_hostile_mutations import SEEDS, WAYS

    written(tmp_path, OTHERS["everything"])
    for number in range(120):
        chance = random.Random(number)  # noqa: S311 - repeatable
        name = chance.choice(sorted(SEEDS))
        (tmp_path / f"m{number}.yaml").write_bytes(WAYS[chance.choice(sorted(WAYS))](chance, SEEDS[name]))
    said = set()
    for env in PLACES:
        result = ended([sys.executable, "-c", MANY, str(tmp_path), json.dumps([str(ROOT)])], tmp_path, env)
        assert result.returncode == 0, result.stderr.decode()
        said.add(result.stdout)
    assert len(said) == 1
