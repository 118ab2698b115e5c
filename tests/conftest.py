"""What holds in every test: no key, no settings, no home of a real person, no network but loopback."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from canary import VARIABLE, canary, pytest_runtest_logreport
from hypothesis import settings

from storyboard.cli import app

__all__ = ["canary", "pytest_runtest_logreport"]

settings.register_profile("storyboard", deadline=None)  # a busy machine is no mistake of ours
settings.load_profile("storyboard")

HOMES = ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
ORDERS = ("FAL_", "STORYBOARD_")  # what begins like this tells the program something
MARKS = (
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "CI",
    "GITHUB_ACTIONS",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "TERMINAL_WIDTH",
)
INTERNET = {socket.AF_INET, socket.AF_INET6}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write what the program says now into tests/golden."
    )
    parser.addoption("--at", type=int, default=0, help="Proofs by failing: only at the call of this number.")
    parser.addoption("--runs", type=int, default=25, help="Proofs by killing: how many seeded runs.")
    parser.addoption("--seed", type=int, default=0, help="Proofs by killing: only the run of this seed.")


class NoNetworkError(AssertionError):
    """A test, or what it tests, wanted to leave this machine."""


def _loopback(host: Any) -> bool:
    if host in {None, "", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _numeric(host: Any) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _refuse(what: str) -> None:
    raise NoNetworkError(f"a test reached for the network: {what}")


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Sockets of this process reach loopback and nothing else; names are not looked up."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    sendto, look_up = socket.socket.sendto, socket.getaddrinfo

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]
            if self.family in INTERNET and isinstance(address, tuple) and not _loopback(address[0]):
                _refuse(str(address))
            return method(self, *arguments)

        return call

    def guarded_look_up(host: Any, *arguments: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and name.endswith(".invalid"):  # RFC 6761: no such name, ever
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if not _loopback(name) and not _numeric(name):
            _refuse(f"the name {name!r}")
        return look_up(host, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(connect))
        patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
        patch.setattr(socket.socket, "sendto", guarded(sendto))
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


@pytest.fixture(autouse=True, scope="session")
def no_orphans() -> Iterator[None]:
    """A failure inside `with Popen(…)` ends the child: the `with` waits for it, and would wait for ever."""
    leave = subprocess.Popen.__exit__

    def left(self: Any, kind: Any, failure: Any, trace: Any) -> None:
        if failure is not None and self.poll() is None:
            self.kill()
        leave(self, kind, failure, trace)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__exit__", left)
        yield


@pytest.fixture(autouse=True, scope="session")
def bare_machine(tmp_path_factory: pytest.TempPathFactory, canary: object) -> Iterator[None]:
    """Fixtures of any scope see an environment without orders but the canary key, and homes of their own."""
    del canary
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if (
                (name.startswith(ORDERS) and name != VARIABLE)
                or name in MARKS
                or name.lower().endswith("_proxy")
            ):
                patch.delenv(name)
        # npm finds its registry and its cache in the person's home: a test that installs still needs them.
        patch.setenv("NPM_CONFIG_USERCONFIG", str(Path.home() / ".npmrc"))
        patch.setenv("NPM_CONFIG_CACHE", str(Path.home() / ".npm"))
        for name in HOMES:
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each test: numbered here, since pytest would look through all of them for a free number."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def own_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with empty homes: what one leaves there, the next does not find."""
    home = next(homes)
    home.mkdir()
    for name in HOMES:
        monkeypatch.setenv(name, str(home / name.lower() if name.startswith("XDG") else home))


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs `storyboard` in this process: `run("check", path)`."""

    def command(*arguments: object) -> Ran:
        capsys.readouterr()
        code = app.run([str(argument) for argument in arguments])
        gc.enable()  # a check goes without, which is right for a process of its own only
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return command


@pytest.fixture
def process() -> Callable[..., Ran]:
    """Runs `storyboard` as a process of its own, as people do."""

    def command(
        *arguments: object,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        python: tuple[str, ...] = (),
    ) -> Ran:
        ended = subprocess.run(
            [sys.executable, *python, "-m", "storyboard", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Ran(ended.returncode, ended.stdout.decode("utf-8"), ended.stderr.decode("utf-8"))

    return command


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a golden file; with --update-golden, writes it."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_bytes(text.encode("utf-8"))
        assert path.exists(), f"{path} is missing: run pytest --update-golden and read what it wrote"
        assert text == path.read_bytes().decode("utf-8")

    return compare


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """On which engines a test of ledgers runs: see both_engines.py."""
    if "engine" in metafunc.fixturenames:
        from both_engines import engines_of

        metafunc.parametrize("engine", engines_of(metafunc.module.__name__.rpartition(".")[2]))
