"""Reading an earlier revision: what is found there, how it is named, and what can't be had, said with its cure."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from a_repository import Repository, new_repository, repository
from msgspec.structs import replace

from storyboard.earlier import Earlier, earlier_of
from storyboard.errors import UsageError, WorldError
from storyboard.location import locate
from storyboard.pipeline import Checked, check

__all__ = ["repository"]

TEXT = """storyboard: 1
endpoint: kling-v3-standard-text
scenes:
  - {id: dawn, prompt: reeds in the wind, duration: 4}
"""
STILLS = """storyboard: 1
elements:
  heron: {frontal_image: stills/heron.png, reference_images: [more/side.png]}
scenes:
  - {id: dawn, start_image: stills/dawn.png, prompt: "reeds, @heron stands", template: ./ours.j2}
"""
OURS = "{{ subject_motion }}, as we say it"


def earlier(path: Path, revision: str, **variables: Any) -> Earlier:
    return earlier_of(locate(path), revision, variables)


def prompts(found: Earlier) -> list[str]:
    assert found.requests is not None
    return [shot.prompt for request in found.requests for shot in request.shots]


def test_names_of_revisions(repository: Repository) -> None:
    repository.write("storyboard.yaml", TEXT)
    first = repository.commit("the first reeds")
    repository.git("tag", "-a", "v1", "-m", "first")
    repository.git("checkout", "-q", "-b", "feature/tall")
    repository.write("storyboard.yaml", TEXT.replace("reeds", "tall reeds"))
    repository.commit("tall ones")
    repository.write("storyboard.yaml", TEXT.replace("reeds", "reeds not committed"))
    for name in (
        "main",
        "v1",
        "v1^{}",
        first,
        first[:7],
        "HEAD~1",
        "@~",
        "main@{0}",
        ":/first",
        "HEAD^{/first}",
    ):
        found = earlier(repository.folder, name)
        assert (prompts(found), found.revision.commit) == (["reeds in the wind"], first), name
    assert prompts(earlier(repository.folder, "feature/tall")) == ["tall reeds in the wind"]
    assert earlier(repository.folder, "v1").revision.name == f"v1 at {first[:8]}"
    assert earlier(repository.folder, first[:7]).revision.name == first[:8]


def test_a_day_of_a_branch_that_is_younger(repository: Repository) -> None:
    repository.write("storyboard.yaml", TEXT)
    repository.commit()
    assert prompts(earlier(repository.folder, "main@{yesterday}")) == ["reeds in the wind"]
    found = earlier(repository.folder, "main@{2020-02-02}")
    assert prompts(found) == ["reeds in the wind"]
    assert "only goes back to" in found.revision.remarks[0]


RANGES = ("main..main", "main...main", "^HEAD", "^main", "..main", "HEAD..")


@pytest.mark.parametrize(
    ("revision", "told"),
    [
        ("mian", "git knows no revision 'mian' here: did you mean `main`?"),
        ("old", "did you mean `origin/old`?"),
        ("HEAD~7", "expected one of: main"),
        ("", "'' names no revision: say a branch, a tag, a hash"),
        ("--output=x", "'--output=x' names no revision"),
        ("-main", "'-main' names no revision"),
        ("ma\nin", "names no revision"),
        ("HEAD:storyboard.yaml", "names no commit"),
        *((name, f"{name!r} names no single revision, but a range") for name in RANGES),
    ],
)
def test_what_is_no_revision(revision: str, told: str, repository: Repository) -> None:
    repository.write("storyboard.yaml", TEXT)
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/old", "HEAD")
    with pytest.raises(UsageError) as refused:
        earlier(repository.folder, revision)
    assert told in str(refused.value)
    assert sorted(path.name for path in repository.folder.iterdir()) == [".git", "storyboard.yaml"]


def test_without_a_repository_a_commit_or_git(
    tmp_path: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "storyboard.yaml").write_text(TEXT)
    with pytest.raises(UsageError, match="lies in no git repository that can be read"):
        earlier(bare, "main")
    repository.write("storyboard.yaml", TEXT)
    with pytest.raises(UsageError, match="there is no commit yet"):
        earlier(repository.folder, "HEAD")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="Install git"):
        earlier(repository.folder, "HEAD")


def test_a_repository_of_somebody_else_is_told_in_gits_words(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("storyboard.yaml", TEXT)
    repository.commit()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    os.chown(repository.folder, 1, 1) if os.geteuid() == 0 else pytest.skip(
        "takes root to give a folder away"
    )
    os.chown(repository.folder / ".git", 1, 1)
    with pytest.raises(UsageError, match=r"safe\.directory"):
        earlier(repository.folder, "main")


def test_a_shallow_clone(repository: Repository, tmp_path: Path) -> None:
    repository.write("storyboard.yaml", TEXT)
    repository.commit()
    repository.write("storyboard.yaml", TEXT.replace("reeds", "tall reeds"))
    repository.commit()
    clone = repository.cloned(tmp_path / "clone", "--depth=1")
    assert prompts(earlier(clone.folder, "HEAD")) == ["tall reeds in the wind"]
    for name in ("HEAD~1", repository.git("rev-parse", "HEAD~1")):
        with pytest.raises(UsageError) as refused:
            earlier(clone.folder, name)
        assert "this clone is shallow" in str(refused.value)
    clone.git("fetch", "--unshallow")
    assert prompts(earlier(clone.folder, "HEAD~1")) == ["reeds in the wind"]


@pytest.mark.parametrize("sort", ["blob:none", "tree:0"])
def test_a_partial_clone_fetches_nothing(sort: str, repository: Repository, tmp_path: Path) -> None:
    repository.write("film/storyboard.yaml", STILLS.replace("./ours.j2", "kling-v3"))
    repository.still("film/stills/dawn.png")
    repository.commit()
    repository.write("film/storyboard.yaml", STILLS.replace("./ours.j2", "kling-v3") + "# more\n")
    repository.still("film/stills/dawn.png", 7)
    repository.commit()
    clone = repository.cloned(tmp_path / "clone", f"--filter={sort}")
    canary = tmp_path / "canary"
    clone.git("config", "remote.origin.uploadpack", f"touch {canary}; git-upload-pack")
    held = sorted(clone.folder.rglob("*"))
    with pytest.raises(UsageError) as refused:
        earlier(clone.folder / "film", "HEAD~1")
    assert "this clone is partial or damaged" in str(refused.value)
    assert sorted(clone.folder.rglob("*")) == held
    assert not canary.exists()
    clone.git("config", "--unset", "remote.origin.uploadpack")
    clone.git("-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch", "--refetch", "--no-filter")
    assert earlier(clone.folder / "film", "HEAD~1").requests


def test_a_still_that_a_partial_clone_lacks_is_not_known(repository: Repository, tmp_path: Path) -> None:
    repository.write("storyboard.yaml", STILLS.replace("./ours.j2", "kling-v3"))
    repository.still("stills/dawn.png")
    repository.commit()
    repository.still("stills/dawn.png", 7)
    repository.commit()
    clone = repository.cloned(tmp_path / "clone", "--filter=blob:none")
    found = earlier(clone.folder, "HEAD~1")
    assert found.requests is not None
    (fact,) = [use.fact for use in found.requests[0].media if use.path == "stills/dawn.png"]
    assert fact is not None
    assert (fact.problem, fact.sha256) == ("unreadable", None)
    assert "partial" in str(fact.detail)


def test_a_linked_worktree_and_a_subfolder(repository: Repository, tmp_path: Path) -> None:
    repository.write("films/one/storyboard.yaml", TEXT)
    repository.commit()
    repository.git("worktree", "add", "-q", "-b", "other", tmp_path / "other")
    other = Repository(tmp_path / "other")
    other.write("films/one/storyboard.yaml", TEXT.replace("reeds", "tall reeds"))
    other.commit()
    assert prompts(earlier(other.folder / "films/one", "main")) == ["reeds in the wind"]
    assert prompts(earlier(repository.folder / "films/one", "other")) == ["tall reeds in the wind"]


def test_inside_a_submodule_its_own_revisions_count(repository: Repository, tmp_path: Path) -> None:
    inner = new_repository(tmp_path / "inner")
    inner.write("storyboard.yaml", TEXT)
    inner.commit()
    repository.git("submodule", "--quiet", "add", inner.folder.as_uri(), "film")
    repository.commit()
    film = Repository(repository.folder / "film")
    film.write("storyboard.yaml", TEXT.replace("reeds", "tall reeds"))
    film.commit()
    assert prompts(earlier(film.folder, "HEAD~1")) == ["reeds in the wind"]
    with pytest.raises(UsageError, match="git knows no revision"):
        earlier(film.folder, repository.git("rev-parse", "HEAD"))


def test_in_a_hook_gits_own_variables_do_not_lead_astray(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("film/storyboard.yaml", TEXT)
    repository.commit()
    elsewhere = new_repository(tmp_path / "elsewhere")
    for name in ("GIT_DIR", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(elsewhere.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(elsewhere.folder))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no-index"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    assert prompts(earlier(repository.folder / "film", "main")) == ["reeds in the wind"]


def test_a_renamed_storyboard(repository: Repository) -> None:
    repository.write("old/board.yaml", TEXT + "  - {id: noon, prompt: a heron, duration: 3}\n")
    repository.write("old/other.yaml", "a: 1\n")
    first = repository.commit()
    repository.git("mv", "old", "new")
    repository.git("mv", "new/board.yaml", "new/storyboard.yaml")
    repository.write("new/storyboard.yaml", TEXT + "  - {id: noon, prompt: a grey heron, duration: 3}\n")
    for added in (False, True):  # staged, then committed
        if added:
            repository.commit()
        repository.git("add", "-A")
        found = earlier(repository.folder / "new", first)
        assert prompts(found) == ["reeds in the wind", "a heron"]
        assert (Path(found.revision.path or "").name, len(found.revision.remarks)) == ("board.yaml", 1)
        assert found.revision.remarks[0].endswith("old/board.yaml then.")


def test_a_storyboard_that_was_not_there(repository: Repository) -> None:
    repository.write("README", "a film\n")
    repository.commit()
    repository.write("storyboard.yaml", TEXT)
    found = earlier(repository.folder, "main")
    assert (found.requests, found.revision.path, found.revision.problem) == ((), None, None)
    (remark,) = found.revision.remarks
    assert "is not in main at" in remark
    assert "everything counts as added" in remark


NEWER = TEXT.replace("storyboard: 1", "storyboard: 2")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("storyboard: 1\nscenes: [", "storyboard.yaml:2:9: YAML takes"),
        (NEWER, "storyboard.yaml:1:13: this storyboard is of version `2`; this program reads version 1"),
        (TEXT.replace("duration: 4", "duration: 40"), "storyboard.yaml:4:"),
        (TEXT.replace("prompt", "promt"), "unknown key `promt`"),
        (TEXT.replace("reeds in the wind", "'{{ reeds }}'"), "`reeds`"),
        (b"\xff\xfe", "not UTF-8"),
        ("", "the file is empty"),
        (TEXT + "prices: dear.toml\n", "storyboard.yaml:5:9: "),
    ],
)
def test_a_broken_old_revision_is_told_and_nothing_more(
    text: str | bytes, problem: str, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("storyboard.yaml", text)
    repository.commit()
    repository.write("storyboard.yaml", TEXT)
    monkeypatch.chdir(repository.folder)
    found = earlier(Path("storyboard.yaml"), "main")
    assert (found.requests, found.compiled) == (None, None)
    assert problem in str(found.revision.problem)
    assert "\n" not in str(found.revision.problem)


def test_mistakes_of_stills_and_settings_are_none_of_it(repository: Repository) -> None:
    repository.write("storyboard.yaml", STILLS.replace("./ours.j2", "kling-v3"))
    repository.write("storyboard.toml", "[fal\n")
    repository.write("stills/dawn.png", b"no picture")
    repository.commit()
    found = earlier(repository.folder, "main")
    assert found.revision.problem is None
    assert len(found.requests or ()) == 1


def test_what_it_names_is_that_of_then(repository: Repository) -> None:
    """Templates, price books, settings, stills and variables."""
    repository.write("film/storyboard.yaml", STILLS + "prices: house.toml\nvars: {x: 1}\n")
    repository.write("film/ours.j2", OURS)
    repository.write("film/house.toml", BOOK)
    repository.write("film/storyboard.toml", '[fal]\nlifecycle = "7d"\n')
    still = repository.still("film/stills/dawn.png")
    repository.still("film/stills/heron.png")
    repository.still("film/more/side.png")
    then = hashlib.sha256(still.read_bytes()).hexdigest()
    repository.commit()
    for name in ("film/ours.j2", "film/house.toml", "film/storyboard.toml", "film/more/side.png"):
        (repository.folder / name).unlink()
    repository.still("film/stills/dawn.png", 7)
    found = earlier(repository.folder / "film", "main")
    assert found.checked is not None
    assert found.checked.diagnostics == ()
    assert prompts(found) == ["reeds, @Element1 stands, as we say it"]
    assert found.checked.book is not None
    assert found.checked.book.name == "house"
    assert found.checked.settings.fal.lifecycle is not None
    assert found.requests is not None
    assert found.requests[0].digest is not None
    assert {use.path: use.fact.sha256 for use in found.requests[0].media if use.fact}[
        "stills/dawn.png"
    ] == then


BOOK = """name = "house"
as_of = 2026-11-01
currency = "USD"
source = "our contract"

[[price]]
endpoint = "fal-ai/kling-video/v3/standard/image-to-video"
audio = "0.1"
"""


def test_a_git_lfs_pointer_names_its_content(repository: Repository) -> None:
    still = repository.still("stills/dawn.png")
    content = hashlib.sha256(still.read_bytes()).hexdigest()
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{content}\nsize {still.stat().st_size}\n"
    )
    text = TEXT.replace("standard-text", "standard").replace(
        "prompt:", "start_image: stills/dawn.png, prompt:"
    )
    repository.write("storyboard.yaml", text)
    repository.write("stills/dawn.png", pointer)
    repository.commit()
    repository.write("stills/dawn.png", pointer.replace("sha256:", "md5:"))
    other = repository.commit()
    repository.still("stills/dawn.png")
    now = check(locate(repository.folder), {}).compiled
    assert now is not None
    named, nameless = earlier(repository.folder, "main~1"), earlier(repository.folder, other)
    assert named.requests is not None
    assert nameless.requests is not None
    assert named.requests[0].digest == now.requests[0].digest
    assert nameless.requests[0].digest is None


def test_a_still_of_a_submodule_is_not_known(repository: Repository, tmp_path: Path) -> None:
    inner = new_repository(tmp_path / "inner")
    inner.still("dawn.png")
    inner.commit()
    repository.git("submodule", "--quiet", "add", inner.folder.as_uri(), "stills")
    repository.write("storyboard.yaml", STILLS.replace("./ours.j2", "kling-v3"))
    repository.commit()
    found = earlier(repository.folder, "main")
    assert found.requests is not None
    (fact,) = [use.fact for use in found.requests[0].media if use.path == "stills/dawn.png"]
    assert fact is not None
    assert (fact.problem, fact.sha256) == ("unreadable", None)
    assert "submodule" in str(fact.detail)


def told(checked: Checked) -> tuple[Any, ...]:
    """What a check found, with names seen from nowhere."""
    diagnostics = [
        (d.code, d.message, Path(d.span.path).name, d.span.line, d.span.column, d.hint)
        for d in checked.diagnostics
    ]
    requests = checked.compiled.requests if checked.compiled is not None else ()
    facts = [replace(use.fact, detail=None) for r in requests for use in r.media if use.fact is not None]
    return diagnostics, [(r.scene, r.digest, r.arguments) for r in requests], facts, checked.settings


LINKS: dict[str, Callable[[Repository], Any]] = {
    "plain": lambda _: None,
    "a link": lambda r: _link(r, "film/stills/dawn.png", "../more/real.png"),
    "a linked folder": lambda r: _link(r, "film/stills", "more"),
    "a link out of the project": lambda r: _link(r, "film/stills/dawn.png", "../../outside.png"),
    "out and in again": lambda r: _link(r, "film/stills/dawn.png", "../../film/more/real.png"),
    "a link out of the repository": lambda r: _link(r, "film/stills/dawn.png", "../../../outside.png"),
    "an absolute link": lambda r: _link(r, "film/stills/dawn.png", "/etc/hostname"),
    "a link to nothing": lambda r: _link(r, "film/stills/dawn.png", "gone.png"),
    "a circle": lambda r: _link(r, "film/stills/dawn.png", "dawn.png"),
    "a folder": lambda r: r.still("film/stills/dawn.png/in.png"),
    "a file as a folder": lambda r: r.write("film/stills", "no folder"),
    "empty": lambda r: r.write("film/stills/dawn.png", b""),
    "no picture": lambda r: r.write("film/stills/dawn.png", b"no picture"),
    "half a picture": lambda r: r.write("film/stills/dawn.png", r.still("x.png").read_bytes()[:30]),
    "another kind": lambda r: r.write("film/stills/dawn.png", b"GIF89a" + b"\1\0\1\0" + bytes(20)),
    "the storyboard is a link": lambda r: _link(r, "film/storyboard.yaml", "more/board.yaml"),
    "a linked template": lambda r: _link(r, "film/ours.j2", "more/theirs.j2"),
    "a template that is no text": lambda r: r.write("film/ours.j2", b"\xff"),
    "settings": lambda r: r.write("film/storyboard.toml", '[fal]\nlifecycle = "9d"\n'),
    "broken settings": lambda r: r.write("film/storyboard.toml", "[fal"),
}


def _link(r: Repository, name: str, target: str) -> None:
    path = r.folder / name
    path.unlink(missing_ok=True) if not path.is_dir() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


@pytest.mark.skipif(os.name == "nt", reason="links take a privilege there")
@pytest.mark.parametrize("kind", LINKS)
def test_a_revision_says_what_a_checkout_of_it_says(
    kind: str, repository: Repository, tmp_path: Path
) -> None:
    repository.write("film/storyboard.yaml", STILLS)
    repository.write("film/more/board.yaml", STILLS.replace("reeds", "rushes"))
    repository.write("film/storyboard.toml", "")
    repository.write("film/ours.j2", OURS)
    repository.write("film/more/theirs.j2", "{{ subject_motion }}, as they do")
    repository.still("film/more/real.png", 30)
    repository.still("film/more/side.png", 40)
    repository.still("film/more/dawn.png", 50)
    for outside in (repository, Repository(tmp_path)):
        outside.still("outside.png", 60)
    LINKS[kind](repository)
    if not (repository.folder / "film/stills").exists():
        repository.still("film/stills/dawn.png", 70)
    then = repository.commit()
    repository.git("checkout", "-q", "--orphan", "new")
    repository.git("rm", "-rfq", ".")
    repository.write("film/storyboard.yaml", TEXT)
    repository.write("film/storyboard.toml", "")
    repository.commit()
    found = earlier(repository.folder / "film", then)
    assert found.checked is not None
    repository.git("worktree", "add", "-q", tmp_path / "then", then)
    on_disk = check(locate(tmp_path / "then" / "film"), {}, missing_is_error=False)
    assert told(found.checked) == told(on_disk)


def test_nothing_is_run_and_nothing_is_touched(repository: Repository, tmp_path: Path) -> None:
    """Settings of a stranger's repository that run programs, a git in it, and Python in it."""
    canary = tmp_path / "canary"
    hook = repository.write("hook", f"#!/bin/sh\ntouch {canary}\ncat\n")
    hook.chmod(0o755)
    repository.write("git", f"#!/bin/sh\ntouch {canary}\n").chmod(0o755)
    repository.write("old.yaml", TEXT + "  - {id: noon, prompt: a heron}\n")
    repository.write(".gitattributes", "*.yaml filter=evil diff=evil\n*.png filter=evil diff=evil\n")
    repository.write("subprocess.py", f"open({str(canary)!r}, 'w')")
    repository.commit()
    repository.git("mv", "old.yaml", "storyboard.yaml")
    repository.commit()
    for name in (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass", "diff.external"),
        *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.command"),
        *("diff.evil.textconv", "credential.helper", "alias.rev-parse", "alias.cat-file", "pager.diff-index"),
    ):
        repository.git("config", name, f"!{hook}" if name.startswith("alias") else hook)
    repository.git("config", "core.hooksPath", repository.folder)
    before = {path: path.stat().st_mtime_ns for path in repository.folder.rglob("*")}
    program = "import sys; from storyboard.cli.app import run; sys.exit(run(sys.argv[1:]))"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", program, "diff", ".", "HEAD~1"],
        cwd=repository.folder,
        env={**os.environ, "PATH": f"{os.environ['PATH']}{os.pathsep}."},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert b"old.yaml" in ended.stdout
    assert not canary.exists()
    assert {path: path.stat().st_mtime_ns for path in repository.folder.rglob("*")} == before


def test_the_key_is_not_handed_to_git(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git that notes what it is given, in front of the real one."""
    repository.write("storyboard.yaml", TEXT)
    repository.commit()
    real = shutil.which("git")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").write_text(f'#!/bin/sh\nenv >> {tmp_path / "given"}\nexec {real} "$@"\n')
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAL_KEY", "an-id:and-a-secret-word")
    assert prompts(earlier(repository.folder, "main")) == ["reeds in the wind"]
    given = (tmp_path / "given").read_text()
    assert "GIT_NO_LAZY_FETCH=1" in given
    assert "secret-word" not in given


def test_what_is_too_much_or_too_large_is_not_known(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("storyboard.yaml", STILLS.replace("./ours.j2", "kling-v3"))
    for name in ("stills/dawn.png", "stills/heron.png", "more/side.png"):
        repository.write(name, repository.still(name).read_bytes() + name.encode() + bytes(50_000))
    repository.commit()
    size = (repository.folder / "stills/dawn.png").stat().st_size

    def known() -> dict[str, bool]:
        requests = earlier(repository.folder, "main").requests
        assert requests is not None
        return {use.path: use.fact is not None and use.fact.sha256 is not None for use in requests[0].media}

    assert all(known().values())
    monkeypatch.setattr("storyboard.git.MOST", 2 * size + 2000)  # texts and trees are small
    assert sorted(known().values()) == [False, True, True]
    monkeypatch.setattr("storyboard.tree.HASHED", 50_000)
    assert not any(known().values())


@pytest.mark.skipif(os.name == "nt", reason="a program that is a script")
def test_a_git_that_does_not_answer_is_not_waited_for(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("storyboard.yaml", TEXT)
    repository.commit()
    real = shutil.which("git")
    programs = tmp_path / "programs"
    programs.mkdir()
    silent = f'#!/bin/sh\ncase "$*" in *cat-file*) exec tail -f /dev/null;; esac\nexec {real} "$@"\n'
    (programs / "git").write_text(silent)
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("storyboard.git.LONGEST", 0.5)
    with pytest.raises(WorldError, match="git takes longer than"):
        earlier(repository.folder, "main")


def test_what_was_put_in_an_objects_place_is_not_read(repository: Repository) -> None:
    repository.write("storyboard.yaml", TEXT)
    first = repository.commit()
    repository.write("storyboard.yaml", TEXT.replace("reeds", "something else"))
    repository.git("replace", first, repository.commit())
    assert prompts(earlier(repository.folder, first)) == ["reeds in the wind"]


def test_a_repository_of_longer_hashes(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.git("init", "--quiet", "--initial-branch=main", "--object-format=sha256")
    repository.write("film/storyboard.yaml", TEXT)
    commit = repository.commit()
    assert len(commit) == 64
    found = earlier(repository.folder / "film", "main")
    assert (prompts(found), found.revision.commit) == (["reeds in the wind"], commit)


def test_branches_that_were_merged(repository: Repository) -> None:
    """One branch renames the file and another edits it: git follows, and so do we, from either side."""
    rest = "  - {id: noon, prompt: a heron on one leg, duration: 3}\n"
    repository.write("board.yaml", TEXT + rest)
    repository.commit()
    repository.git("checkout", "-q", "-b", "renamed")
    repository.git("mv", "board.yaml", "storyboard.yaml")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write("board.yaml", TEXT.replace("reeds", "tall reeds") + rest)
    repository.commit()
    repository.git("merge", "-q", "--no-edit", "renamed")
    for name, first in (
        ("HEAD", "tall reeds in the wind"),
        ("HEAD^1", "tall reeds in the wind"),
        ("HEAD^2", "reeds in the wind"),
        ("renamed", "reeds in the wind"),
        ("HEAD^1~1", "reeds in the wind"),
    ):
        found = earlier(repository.folder, name)
        assert prompts(found) == [first, "a heron on one leg"], name
        was = "storyboard.yaml" if name in {"HEAD", "HEAD^2", "renamed"} else "board.yaml"
        assert Path(found.revision.path or "").name == was, name


def test_a_damaged_repository_is_told(repository: Repository) -> None:
    repository.write("storyboard.yaml", TEXT)
    repository.commit()
    blob = repository.git("rev-parse", "HEAD:storyboard.yaml")
    loose = repository.folder / ".git" / "objects" / blob[:2] / blob[2:]
    loose.chmod(0o644)
    loose.write_bytes(b"no object")
    with pytest.raises(UsageError, match="partial or damaged"):
        earlier(repository.folder, "main")
