"""A shared ledger and a store that the project's settings name: asked only once the person has said that they are
theirs."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from a_plan import still

from storyboard.errors import LedgerError
from storyboard.ledger.named import VARIABLES
from storyboard.ledger.place import place_of

BOARD = """
storyboard: 1
endpoint: kling-v3-standard
scenes:
  - {id: dawn, duration: 3, start_image: still.png, prompt: a heron lifts off}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "film"
    folder.mkdir()
    still(folder)
    (folder / "storyboard.yaml").write_text(BOARD, encoding="utf-8")
    return folder


def name(project: Path, **urls: str) -> None:
    rows = "".join(f'{what} = "{url}"\n' for what, url in urls.items())
    (project / "storyboard.toml").write_text(f"[shared]\n{rows}", encoding="utf-8")


def test_a_server_that_settings_name_is_not_asked_before_it_is_accepted(
    project: Path, run: Callable[..., Any]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        url = f"postgresql://mara@127.0.0.1:{server.getsockname()[1]}/potters"
        name(project, ledger=url)
        for command in ("plan", "estimate", "takes", "render"):
            ran = run(command, project)
            assert (ran.code, f"names the shared ledger {url}" in ran.err) == (4, True), ran.err
            assert f"storyboard ledger accept {project}" in ran.err
        assert run("check", project).code == 0
        with pytest.raises(BlockingIOError):
            server.accept()


def test_once_accepted_it_is_used(project: Path, run: Callable[..., Any]) -> None:
    name(project, ledger="postgresql://db.example.org/potters", store="s3://potters/clips")
    with pytest.raises(LedgerError):
        place_of(project)
    ran = run("ledger", "accept", project)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        "the ledger postgresql://db.example.org/potters is believed from now on, on this machine",
        "the store s3://potters/clips is believed from now on, on this machine",
    ]
    place = place_of(project)
    assert (str(place.shared), str(place.shared_clips)) == (
        "postgresql://db.example.org/potters",
        "s3://potters/clips",
    )
    name(project, ledger="postgresql://other.example.org/potters", store="s3://potters/clips")
    with pytest.raises(LedgerError, match=r"other\.example\.org"):
        place_of(project)


def test_the_environment_comes_first_and_is_not_asked_about(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name(project, ledger="postgresql://evil.example/x", store="s3://evil/x")
    monkeypatch.setenv("STORYBOARD_LEDGER_URL", "postgresql://db.example.org/potters")
    monkeypatch.setenv("STORYBOARD_STORE", "s3://potters/clips")
    place = place_of(project)
    assert (str(place.shared), str(place.shared_clips)) == (
        "postgresql://db.example.org/potters",
        "s3://potters/clips",
    )


def test_the_built_in_sandbox_shares_nothing(project: Path) -> None:
    name(project, ledger="postgresql://evil.example/x")
    assert place_of(project, builtin=True).shared is None


def test_nothing_named_is_nothing_to_accept(project: Path, run: Callable[..., Any]) -> None:
    ran = run("ledger", "accept", project)
    assert (ran.code, "names no shared ledger and no store" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("what", "url"),
    [
        ("ledger", "postgresql://mara:secret@db.example.org/potters"),
        ("ledger", "postgresql://db.example.org/potters?password=secret"),
        ("ledger", "mysql://db.example.org/potters"),
        ("ledger", "https://db.example.org"),
        ("store", "s3://key:secret@potters"),
        ("store", "https://potters"),
        ("store", "file://host/folder"),
        ("store", ""),
    ],
)
def test_what_settings_can_t_name(project: Path, run: Callable[..., Any], what: str, url: str) -> None:
    name(project, **{what: url})
    ran = run("check", project)
    assert (ran.code, f"`shared.{what}` has to be a URL like" in ran.out + ran.err) == (1, True)
    assert place_of(project).shared is None


@pytest.mark.parametrize(
    ("what", "url"),
    [
        ("ledger", "postgres://db/potters"),
        ("ledger", "postgresql://mara@db.example.org:5433/potters?sslmode=verify-full"),
        ("store", "gs://potters"),
        ("store", "az://potters/a/b"),
        ("store", "file:///mnt/films/potters"),
    ],
)
def test_what_settings_can_name(project: Path, run: Callable[..., Any], what: str, url: str) -> None:
    name(project, **{what: url})
    assert run("check", project).code == 0
    run("ledger", "accept", project)
    place = place_of(project)
    assert str(place.shared if what == "ledger" else place.shared_clips) == url
