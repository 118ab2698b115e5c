"""`storyboard take` and `takes` as people use them: the whole way, what is listed, and the words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from a_gated_film import Film, drawn
from a_shot_film import ONE, Here, bought, film, known, rewrite, text
from made_clips import make_clip, pictures

__all__ = ["drawn", "film"]


@pytest.mark.long
def test_the_whole_way_as_people_go_it(film: Here, tmp_path: Path) -> None:
    """Each command a process of its own: again, add, pick, pin; then the film shows the clip that was chosen."""
    own = Film(film.project, film.gate, film.place)
    clip = make_clip(tmp_path / "mine.mp4", 5, frames=73, size=(1280, 720), sound=False)
    for words in (("again", "one", "--yes"), ("add", "one", str(clip)), ("pick", "one", "3"), ("pin", "one")):
        code, _, err = own.run("take", words[0], ".", *words[1:])
        assert code == 0, err
    digest = known(film)[0].digest[:12]
    assert text(film) == ONE.replace("# the first\n", f"# the first\n    pin: {digest}/3\n    take: 3\n")
    rewrite(film, "wheel, static\n", "wheel, slow push\n")
    assert own.run("cut", ".", "--scene", "one")[0] == 0
    assert pictures(film.project / "cut.one.mp4") == [(5, frame) for frame in range(73)]
    assert bought(film) == 2


def test_takes_by_scene(film: Here, tmp_path: Path) -> None:
    assert film.run("take", "add", ".", "one", str(make_clip(tmp_path / "mine.mp4", 5)))[0] == 0
    assert film.run("take", "pick", ".", "two", "2")[0] == 0
    code, out, err = film.run("takes", ".")
    assert code == 0, err
    assert max(map(len, out.splitlines()[:-1])) <= 80
    lines = [" ".join(line.split()) for line in out.splitlines()]
    date = known(film)[0].created_at[:10]
    names = [(take.clip or "")[:12] for take in known(film)]
    assert lines[:7] == [
        "take state date USD clip",
        "one: take 1 is picked",
        f"* 1 verified {date} 0.50 {names[0]}",
        f"2 verified {date} unknown {names[1]} added",
        "two: take 2 is picked",
        f"1 verified {date} 0.50 {names[0]}",
        f"* 2 verified {date} unknown {names[1]} added",
    ]
    rewrite(film, "wheel, static", "wheel, slow push")
    code, out, err = film.run("takes", ".", "--scene", "one", "--format", "json")
    document = json.loads(out)
    assert [(row["scene"], row["take"], row["origin"]) for row in document["takes"]] == [
        ("one", 1, None),
        ("one", 2, "added"),
    ]
    (scene,) = document["scenes"]
    assert (scene["scene"], scene["take"], scene["pin"], scene["takes"]) == ("one", 1, None, [])
    assert [take["take"] for take in scene["other_texts"]] == [1, 2]
    code, out, _ = film.run("takes", ".")
    assert "one: no takes yet" in out
    assert "  of other texts: " in out
    (film.project / "storyboard.yaml").write_text(ONE.replace("id: one", "id: other"), encoding="utf-8")
    rewrite(film, "wheel, static", "wheel, pan")
    code, out, _ = film.run("takes", ".")
    assert "one (no scene asks for these)" in out
    (film.project / "storyboard.yaml").write_text("storyboard: [", encoding="utf-8")
    code, out, err = film.run("takes", ".", "--format", "json")
    assert (code, len(json.loads(out)["takes"])) == (0, 2)
    assert "has errors" in err


def test_the_words_are_listed(process: Callable) -> None:
    ran = process("take", "--help")
    assert ran.code == 0
    for word in ("pick", "again", "pin", "add"):
        assert f"\n  {word} " in ran.out
    assert process("take").code == 2
    ran = process("take", "choose")
    assert (ran.code, "Traceback" in ran.err) == (2, False)
