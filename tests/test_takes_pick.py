"""`storyboard take pick` and `pin`: what they write into the storyboard, and that the cut shows it."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest
from a_gated_film import drawn
from a_shot_film import ONE, Here, bought, colour, cut, film, known, plan, rewrite, text
from made_clips import make_clip, pictures

from storyboard.ledger.place import place_of

__all__ = ["drawn", "film"]


def test_pick_writes_the_take_and_the_cut_shows_it(film: Here, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "mine.mp4", 5, frames=73, size=(1280, 720), sound=False)
    code, out, err = film.run("take", "add", ".", "one", str(clip))
    assert code == 0, err
    assert out == "one: added as take 2\n"
    assert "warning" not in err
    assert "what it cost is not known" in err
    assert plan(film)["take"] == 1
    code, out, err = film.run("take", "pick", ".", "one", "2")
    assert (code, out) == (0, "one: take 2 is picked\n"), err
    assert text(film) == ONE.replace("# the first\n", "# the first\n    take: 2\n")
    assert (plan(film)["take"], plan(film)["decision"]) == (2, "reuse")
    shown = pictures(cut(film))
    assert shown == [(5, frame) for frame in range(73)]
    assert film.run("take", "pick", ".", "one", "1")[0] == 0
    assert text(film) == ONE.replace("# the first\n", "# the first\n    take: 1\n")
    assert bought(film) == 1
    code, _, err = film.run("take", "pick", ".", "two", "2")  # the same request: the same takes
    assert code == 0, err
    assert text(film).endswith("take: 2}\n")


def test_pick_names_what_there_is(film: Here) -> None:
    before = text(film)
    for arguments, words in (
        (("one", "4"), "There are: 1 (verified)"),
        (("one", "0"), "0 is not in the range"),
        (("nobody", "1"), "there is no scene 'nobody'"),
    ):
        code, _, err = film.run("take", "pick", ".", *arguments)
        assert code == 2, err
        assert words in err
    rewrite(film, "wheel, static\n", "wheel, slow push\n")
    code, _, err = film.run("take", "pick", ".", "one", "1")
    assert code == 2
    assert "It has none yet" in err
    assert f"Of other texts of the scene: {known(film)[0].digest[:12]}/1 (verified)" in err
    assert text(film) == before.replace("wheel, static\n", "wheel, slow push\n")


def test_pin_keeps_the_clip_though_the_text_changes(film: Here, tmp_path: Path) -> None:
    digest = known(film)[0].digest
    old = colour(cut(film))
    code, out, err = film.run("take", "pin", ".", "one")
    assert code == 0, err
    pinned = ONE.replace("# the first\n", f"# the first\n    pin: {digest[:12]}/1\n")
    assert text(film) == pinned
    assert plan(film)["reason"] == f"pinned to take 1 of {digest[:12]}"
    rewrite(film, "wheel, static\n", "wheel, slow push\n")
    step = plan(film)
    assert step["reason"] == f"pinned to take 1 of {digest[:12]}; its text has changed since"
    assert (step["decision"], step["amount"], step["request_digest"]) == ("reuse", "0.00", digest)
    assert film.render("--scene", "one")[0] == 0
    assert colour(cut(film)) == old
    code, out, err = film.run("takes", ".")
    assert f"one: pinned to {digest[:12]}/1" in out
    assert f"*{digest[:12]}/1 verified" in out
    code, _, err = film.run("take", "pick", ".", "one", "1")
    assert (code, "--release" in err) == (3, True)
    code, out, err = film.run("take", "pin", ".", "one", "--release")
    assert (code, out) == (0, "one: released; its text decides again\n"), err
    assert text(film) == ONE.replace("wheel, static\n", "wheel, slow push\n")
    assert plan(film)["decision"] == "send"
    other = make_clip(tmp_path / "other.mp4", 7, frames=73, size=(1280, 720), sound=False)
    assert film.run("take", "add", ".", "one", str(other))[0] == 0
    assert pictures(cut(film))[0] == (7, 0)
    assert bought(film) == 1
    for name in (f"{digest[:12]}/1", known(film)[0].request_id or ""):
        assert film.run("take", "pin", ".", "one", "--release")[0] == 0
        assert film.run("take", "pin", ".", "one", name)[0] == 0
        assert plan(film)["request_digest"] == digest
    assert colour(cut(film)) == old


def test_a_pinned_clip_that_is_gone_is_fetched_and_a_pin_of_nothing_refused(film: Here) -> None:
    assert film.run("take", "pin", ".", "one", "1")[0] == 0
    rewrite(film, "wheel, static\n", "wheel, slow push\n")
    for clip in film.place.clips.glob("*/*.mp4"):
        clip.unlink()
    assert (plan(film)["decision"], plan(film)["amount"]) == ("resume", "0.00")
    code, _, err = film.render("--scene", "one")
    assert (code, bought(film)) == (0, 1), err
    assert len(list(film.place.clips.glob("*/*.mp4"))) == 1
    digest = known(film)[0].digest
    rewrite(film, f"pin: {digest[:12]}/1", "pin: 0123456789ab/1")
    _as_if_bought_at_fal(film)
    for command in (
        ("plan", "."),
        ("render", ".", "--yes"),
        ("cut", "."),
        ("render", ".", "--yes", "--scene", "two"),
    ):
        code, _, err = film.run(*command, STORYBOARD_FAL_URL="")
        assert code == 3, err
        assert "storyboard.yaml:7:10: scene one is pinned to 0123456789ab/1, which names no take" in err
        assert f"{digest[:12]}/1 (verified)" in err
    assert bought(film) == 1
    rewrite(film, "pin: 0123456789ab/1", "pin: the good one")
    code, out, _ = film.run("check", ".")
    assert (code, "`the good one` is not a pin" in out) == (1, True)


def _as_if_bought_at_fal(film: Here) -> None:
    """The look-alike's ledger and clips where those of fal belong."""
    shutil.copytree(film.place.folder, place_of(film.project).folder, dirs_exist_ok=True)


def test_a_rehearsal_need_not_know_a_pin(film: Here) -> None:
    """What was bought at fal is not in the built-in sandbox: it shoots the scene as it is written."""
    assert film.run("take", "pin", ".", "one", "1")[0] == 0
    server = place_of(film.project, builtin=True).server
    shutil.copytree(film.project.parent / "state" / "clips", server / "clips")
    code, _, err = film.run("render", ".", "--sandbox", "--scene", "one")
    assert code == 0, err
    assert "1 sent now" in err


@pytest.mark.skipif(sys.platform == "win32", reason="links and permissions of Unix")
def test_the_file_stays_what_it_was(film: Here) -> None:
    """A link stays a link, permissions stay, a file that may not be written is not replaced."""
    home, real = film.project / "storyboard.yaml", film.project / "texts" / "film.yaml"
    real.parent.mkdir()
    real.write_bytes(home.read_bytes().replace(b"\n", b"\r\n"))
    home.unlink()
    home.symlink_to("texts/film.yaml")
    real.chmod(0o640)
    assert film.run("take", "pin", ".", "one", "1")[0] == 0
    assert home.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    digest = known(film)[0].digest[:12]
    pinned = ONE.replace("# the first\n", f"# the first\n    pin: {digest}/1\n")
    assert real.read_bytes() == pinned.replace("\n", "\r\n").encode()
    assert [path.name for path in real.parent.iterdir()] == ["film.yaml"]
    if os.geteuid() != 0:
        real.chmod(0o440)
        code, _, err = film.run("take", "pin", ".", "one", "--release")
        assert (code, "read-only" in err) == (4, True)


def test_a_text_that_was_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    from storyboard.cli.rewrite import replace_file
    from storyboard.errors import WorldError

    path = tmp_path / "storyboard.yaml"
    path.write_bytes(b"newer")
    with pytest.raises(WorldError, match="changed by something else"):
        replace_file(path, b"older", b"mine")
    assert path.read_bytes() == b"newer"
    assert [found.name for found in tmp_path.iterdir()] == ["storyboard.yaml"]


def test_what_can_not_be_edited_is_told_how_by_hand(film: Here) -> None:
    rewrite(film, "  - id: one  # the first\n    prompt", "  - take: '{{ 1 }}'\n    id: one\n    prompt")
    before = text(film)
    assert film.run("take", "again", ".", "one", "--yes")[0] == 0
    code, _, err = film.run("take", "pick", ".", "one", "2")
    assert code == 3, err
    assert "storyboard.yaml:6: scene one can't be changed with certainty: `take` is computed there" in err
    assert "Write `take: 2` into the scene by hand." in err
    assert text(film) == before
