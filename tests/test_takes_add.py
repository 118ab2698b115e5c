"""`storyboard take add`: a file, or a request of fal's, becomes a take that nobody pays for."""

from __future__ import annotations

import shutil
from pathlib import Path

from a_gated_film import drawn
from a_shot_film import ONE, Here, bought, film, known, rewrite
from made_clips import make_clip

from storyboard.ledger.place import place_of
from storyboard.ledger.record import State

__all__ = ["drawn", "film"]


def test_add_a_file_says_what_differs(film: Here, tmp_path: Path) -> None:
    odd = make_clip(tmp_path / "odd.mp4", 9, frames=49, size=(320, 320))
    asked = len(film.gate.asked)
    code, out, err = film.run("take", "add", ".", "one", str(odd))
    assert (code, out) == (0, "one: added as take 2\n"), err
    for words in (
        "lasts 2.042 s, 3 s were asked for",
        "about 720 lines",
        "another shape",
        "has sound, though none",
    ):
        assert words in err
    take = known(film)[1]
    assert (take.origin, take.state, take.estimate, take.charge) == ("added", State.VERIFIED, None, None)
    code, out, _ = film.run("take", "add", ".", "one", str(odd))
    assert (code, out) == (0, "one: that is take 2 already\n")
    clip = next(film.place.clips.glob(f"*/{take.clip}.mp4"))
    clip.unlink()
    assert film.run("take", "add", ".", "one", str(odd))[0] == 0  # brings it back
    assert clip.is_file()
    assert len(known(film)) == 2
    assert odd.is_file()
    for bad, code in ((b"not a film", 4), (odd.read_bytes()[:9000], 4)):
        (tmp_path / "bad.mp4").write_bytes(bad)
        ended, _, err = film.run("take", "add", ".", "one", str(tmp_path / "bad.mp4"))
        assert ended == code, err
        assert "bad.mp4" in err
        assert "Nothing was added." in err
    assert film.run("take", "add", ".", "one", "no/such.mp4")[0] == 2
    assert film.run("take", "add", ".", "one", str(tmp_path))[0] == 2
    assert len(known(film)) == 2
    assert not list(film.place.incoming.iterdir())
    assert len(film.gate.asked) == asked  # nobody was told
    code, _, err = film.run("take", "again", ".", "one", "--yes")
    assert (code, known(film)[2].take) == (0, 3), err


def test_add_a_request_of_fals(film: Here, tmp_path: Path) -> None:
    """A colleague rendered the same scene for the same account: their request becomes this scene's take."""
    colleague = tmp_path / "colleague"
    colleague.mkdir()
    for name in ("still.png", "storyboard.yaml"):
        shutil.copy(film.project / name, colleague)
    theirs = Here(colleague, film.gate, place_of(colleague, film.gate.base_url), film.command)
    film.watch(theirs.place)  # it is they who buy
    assert theirs.run("take", "again", ".", "one", "--yes")[0] == 0  # adopted: the account's history has it
    assert bought(film) == 1
    assert theirs.run("take", "again", ".", "one", "--yes")[0] == 0
    request_id = known(theirs)[1].request_id or ""
    assert bought(film) == 2
    code, out, err = film.run("take", "add", ".", "one", request_id)
    assert (code, out) == (0, "one: added as take 2\n"), err
    take = known(film)[1]
    assert (take.origin, take.state, take.request_id, take.charge) == (
        "added",
        State.VERIFIED,
        request_id,
        None,
    )
    code, out, _ = film.run("take", "add", ".", "one", request_id)
    assert (code, out) == (0, "one: that is take 2 already\n")
    rewrite(film, "wheel, static\n", "wheel, slow push\n")
    code, _, err = film.run("take", "add", ".", "one", request_id)
    assert (code, "is take 2 of another request already" in err) == (3, True)
    (theirs.project / "storyboard.yaml").write_text(
        ONE.replace("static\n", "static\n    cfg_scale: 0.4\n"), encoding="utf-8"
    )
    assert theirs.render("--scene", "one")[0] == 0
    other = known(theirs)[2].request_id or ""
    code, _, err = film.run("take", "add", ".", "one", other)
    assert (code, "it differs in cfg_scale, prompt." in err, "--force" in err) == (3, True, True)
    assert film.run("take", "add", ".", "one", other, "--force")[0] == 0
    code, _, err = film.run("take", "add", ".", "one", "0" * 12)
    assert (code, "fal knows no request 000000000000" in err) == (3, True)
    assert [(t.take, t.state) for t in known(film)] == [
        (1, State.VERIFIED),
        (2, State.VERIFIED),
        (1, State.VERIFIED),
    ]
    assert bought(film) == 3
