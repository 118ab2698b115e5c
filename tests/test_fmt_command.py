"""`storyboard fmt`: what it writes, what it only says, and the file that it writes to."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

BAD = "scenes:\n- id:   s\n\n\n  prompt: x # why\n"
GOOD = "scenes:\n  - id: s\n\n    prompt: x # why\n"


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "storyboard.toml").touch()
    (tmp_path / "storyboard.yaml").write_text(BAD, encoding="utf-8")
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def test_it_writes_and_then_has_nothing_to_do(film: Path, run: Callable) -> None:
    ran = run("fmt", ".", "good.yaml")
    assert (ran.code, ran.out) == (0, "storyboard.yaml: formatted\n")
    assert ran.err == "1 of 2 files changed\n"
    assert (film / "storyboard.yaml").read_text(encoding="utf-8") == GOOD
    before = (film / "storyboard.yaml").stat()
    ran = run("fmt", "storyboard.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "", "0 of 1 file changed\n")
    after = (film / "storyboard.yaml").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_check_names_what_would_change(film: Path, run: Callable) -> None:
    ran = run("fmt", "--check", "storyboard.yaml", "good.yaml")
    assert (ran.code, ran.out, ran.err) == (1, "storyboard.yaml\n", "1 of 2 files would change\n")
    assert (film / "storyboard.yaml").read_text(encoding="utf-8") == BAD
    assert run("fmt", "--check", "good.yaml").code == 0


@pytest.mark.parametrize(
    "before", [BAD, BAD.replace("\n", "\r\n"), BAD.rstrip("\n")], ids=["lf", "crlf", "no end"]
)
def test_git_applies_the_difference(film: Path, process: Callable, before: str) -> None:
    (film / "storyboard.yaml").write_bytes(before.encode())
    ran = process("fmt", "--diff", "storyboard.yaml")
    assert ran.code == 0
    assert (film / "storyboard.yaml").read_bytes() == before.encode()
    applied = subprocess.run(
        ["git", "apply", "-p0", "-"],
        input=ran.out.encode(),
        cwd=film,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert applied.returncode == 0, applied.stderr
    assert (film / "storyboard.yaml").read_text(encoding="utf-8") == GOOD
    assert ((film / "storyboard.yaml").read_bytes().count(b"\r") > 0) is ("\r" in before)


def test_a_checkout_of_windows_is_in_form_and_a_mark_in_front_is_not(film: Path, run: Callable) -> None:
    windows = GOOD.replace("\n", "\r\n").encode()
    (film / "good.yaml").write_bytes(windows)
    assert run("fmt", "--check", "good.yaml").code == 0
    (film / "good.yaml").write_bytes(b"\xef\xbb\xbf" + windows)
    assert run("fmt", "--check", "good.yaml").code == 1
    assert run("fmt", "good.yaml").out == "good.yaml: formatted\n"
    assert (film / "good.yaml").read_bytes() == windows


def test_diff_and_check_together(film: Path, run: Callable) -> None:
    ran = run("fmt", "--diff", "--check", "storyboard.yaml")
    assert ran.code == 1
    assert ran.out.startswith("--- storyboard.yaml\n+++ storyboard.yaml\n@@ ")


def test_what_can_t_be_read_is_left_alone_and_said(film: Path, run: Callable) -> None:
    (film / "broken.yaml").write_text("a: [b\n", encoding="utf-8")
    (film / "latin.yaml").write_bytes(b"a: caf\xe9\n")
    ran = run("fmt", "broken.yaml", "latin.yaml", "storyboard.yaml")
    assert ran.code == 1
    assert "broken.yaml:1:4: error[SB003]" in ran.out
    assert "latin.yaml:1:7: error[SB002]" in ran.out
    assert (film / "broken.yaml").read_text(encoding="utf-8") == "a: [b\n"
    assert (film / "storyboard.yaml").read_text(encoding="utf-8") == GOOD
    assert run("fmt", "nowhere.yaml").code == 2


def test_a_file_of_elements_alone(film: Path, run: Callable) -> None:
    (film / "cast.yaml").write_text(
        "elements:\n      cat: {name: the cat,\n        description: grey}\n", encoding="utf-8"
    )
    assert run("fmt", "cast.yaml").code == 0
    assert (film / "cast.yaml").read_text(
        encoding="utf-8"
    ) == "elements:\n  cat: {name: the cat, description: grey}\n"


@pytest.mark.skipif(os.name == "nt", reason="permissions and links are of Unix")
def test_permissions_and_links_stay(film: Path, run: Callable) -> None:
    (film / "storyboard.yaml").chmod(0o640)
    (film / "link.yaml").symlink_to("storyboard.yaml")
    assert run("fmt", "link.yaml").code == 0
    assert (film / "link.yaml").is_symlink()
    assert stat.S_IMODE((film / "storyboard.yaml").stat().st_mode) == 0o640
    assert (film / "storyboard.yaml").read_text(encoding="utf-8") == GOOD


@pytest.mark.parametrize("bad", [BAD, BAD.replace("why", "why" + " " * 400 + "\n" * 40), "scenes: [{id: s}]"])
def test_a_file_of_two_names_stays_one(bad: str, film: Path, run: Callable) -> None:
    """Whether its new form is shorter or longer."""
    file, other = film / "storyboard.yaml", film / "other.yaml"
    file.write_text(bad, encoding="utf-8")
    other.hardlink_to(file)
    assert run("fmt", "storyboard.yaml").code == 0
    assert file.samefile(other)
    assert run("fmt", "--check", "other.yaml").code == 0
    assert sorted(each.name for each in film.iterdir()) == [
        *("good.yaml", "other.yaml", "storyboard.toml", "storyboard.yaml")
    ]


@pytest.mark.skipif(os.name == "nt", reason="links are of Unix")
def test_a_link_that_leaves_the_project_is_not_written_through(
    film: Path, run: Callable, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "theirs.yaml"
    outside.write_text(BAD, encoding="utf-8")
    (film / "link.yaml").symlink_to(outside)
    assert run("fmt", "link.yaml").code == 2
    assert outside.read_text(encoding="utf-8") == BAD


def test_formatting_changes_no_request(film: Path, run: Callable) -> None:
    source = Path(__file__).parent / "golden" / "film" / "potter"
    import shutil

    shutil.copytree(source, film / "potter")
    before = run("expand", "potter").out
    badly = (film / "potter" / "storyboard.yaml").read_text(encoding="utf-8").replace("\n  ", "\n    ")
    (film / "potter" / "storyboard.yaml").write_text(badly, encoding="utf-8")
    ran = run("fmt", "potter")
    assert ran.code == 0, ran.out
    assert run("expand", "potter").out == before
