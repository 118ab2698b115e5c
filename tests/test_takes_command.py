"""`storyboard take` and `takes` as processes against a real sandbox: again, pick, pin, add, and what is cut."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
import pytest
from a_plan import still
from made_clips import make_clip, pictures
from sandboxes import until
from test_render_runs import POINTS, Film, drawn
from toll_gate import toll_gate

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

__all__ = ["drawn"]

ONE = """# the film
storyboard: 1
endpoint: kling-v3-standard
defaults: {generate_audio: false, duration: 3, start_image: still.png}
scenes:
  - id: one  # the first
    prompt: a potter at the wheel, static
  - {id: two, prompt: "a potter at the wheel, static", take: 7}
"""


@dataclass
class Here(Film):
    """A project whose commands run in this process, where starting one is not what is looked at."""

    command: Callable[..., Any] = field(default=lambda *_: None)
    watch: Callable[[Path], None] = field(default=lambda _: None)  # whose ledger the sandbox looks into

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.project)
            for name, value in {"STORYBOARD_FAL_URL": self.gate.base_url, **environment}.items():
                patch.setenv(name, value)
            ran = self.command(*arguments)
        assert "bug of ours" not in ran.err, ran.err
        return ran.code, ran.out, ran.err


@pytest.fixture
def film(tmp_path: Path, drawn: Path, run: Callable[..., Any]) -> Iterator[Here]:
    """A film of which scene one was shot; the sandbox has drawn its clip before."""
    project = tmp_path / "project"
    project.mkdir()
    still(project)
    (project / "storyboard.yaml").write_text(ONE, encoding="utf-8")
    shutil.copytree(drawn, tmp_path / "state" / "clips")
    settings = SandboxSettings(state=tmp_path / "state", latency=0.0)
    with running(settings) as server, toll_gate(server.base_url) as gate:
        place = place_of(project, gate.base_url)

        def watch(ledger: Path) -> None:
            server.sandbox.settings = replace(server.sandbox.settings, watched_ledger=ledger)

        watch(place.ledger)
        made = Here(project, gate, place, run, watch)
        code, _, err = made.render("--scene", "one")
        assert code == 0, err
        yield made
        assert not server.sandbox.state.unannounced, "a submit arrived whose intent was not on the disk"


def text(film: Here) -> str:
    return (film.project / "storyboard.yaml").read_bytes().decode()


def rewrite(film: Here, old: str, new: str) -> None:
    assert old in text(film)
    (film.project / "storyboard.yaml").write_bytes(text(film).replace(old, new).encode())


def known(film: Here) -> list[TakeRecord]:
    return list(Ledger.open(film.place).takes())


def bought(film: Here) -> int:
    return film.sandbox()["submits"]


def plan(film: Here, *more: str) -> dict[str, Any]:
    code, out, err = film.run("plan", ".", "--format", "json", "--scene", "one", *more)
    assert code == 0, err
    return json.loads(out)["steps"][0]


def cut(film: Here) -> Path:
    code, _, err = film.run("cut", ".", "--scene", "one")
    assert code == 0, err
    return film.project / "cut.one.mp4"


def colour(path: Path) -> tuple[int, ...]:
    """The mean colour of a film's first frame."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return tuple(int(value) for value in frame.mean(axis=(0, 1)))


def test_again_buys_a_further_take_and_picks_nothing(film: Here) -> None:
    assert bought(film) == 1
    before = text(film)
    code, out, err = film.run("take", "again", ".", "one", "--yes")
    assert code == 0, err
    assert "one       2  send  0.50" in err  # the plan, with its price, comes first
    assert "storyboard take pick . one 2" in err
    assert out.startswith("one, take 2: ")
    assert Path(out.strip().partition(": ")[2]).is_file()
    assert text(film) == before
    assert [(t.take, t.state) for t in known(film)] == [(1, State.VERIFIED), (2, State.VERIFIED)]
    code, out, err = film.run("take", "again", ".", "one", "--yes", "--format", "json")
    assert (json.loads(out)["take"]["take"], json.loads(out)["sent"], bought(film)) == (3, 1, 3)
    assert len({take.request_id for take in known(film)}) == 3


def test_again_is_permitted_as_a_render_is(film: Here) -> None:
    asked = len(film.gate.asked)
    for more, environment, code, words in (
        ([], {}, 3, "--yes"),
        (["--yes", "--max-cost", "0.50"], {}, 3, "0.504 USD"),
        (["--yes"], {"CI": "true"}, 3, "--max-cost"),
        (["--yes"], {"STORYBOARD_FAL_URL": ""}, 4, "https://fal.ai/dashboard/keys"),
    ):
        ended, _, err = film.run("take", "again", ".", "one", *more, **environment)
        assert (ended, len(film.gate.asked)) == (code, asked), err
        assert words in err
    assert len(known(film)) == 1


# Where a killed `take again` is struck.
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
@pytest.mark.parametrize(
    "point",
    [
        "submit after",
        *(
            pytest.param(point, marks=pytest.mark.long)
            for point in ("submit before", "submit during", "status after", "result after", "clip after")
        ),
    ],
)
def test_a_killed_again_goes_on_with_its_take(film: Here, point: str) -> None:
    where, when = point.split()
    process = film.start("take", "again", ".", "one", "--yes")
    film.gate.strike = process.kill
    film.gate.strikes = lambda asked: when if POINTS[where](asked) else None
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    if when == "during":
        until(lambda: len(film.sandbox()["requests"]) == 2)  # what had left arrives
    _to_the_end(film)
    assert len(film.sandbox()["requests"]) == 2


def _to_the_end(film: Here) -> None:
    """Again until it is done; what nobody can know (a submit that never arrived) a person lets be sent anew."""
    for _ in range(3):
        code, _, err = film.run("take", "again", ".", "one", "--yes")
        if code == 0:
            break
        assert code == 3, err
        assert len(film.sandbox()["requests"]) == 1, "an unknown take that the sandbox has was parked"
        assert film.run("reconcile", ".", "--resend", "one/2")[0] == 0
    assert [(t.take, t.state) for t in known(film)] == [(1, State.VERIFIED), (2, State.VERIFIED)]


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


def test_killed_before_it_could_say_so(film: Here) -> None:
    """The clip is there and nobody was told: the next run tells, and buys nothing. The one after buys a third."""
    assert film.run("take", "again", ".", "one", "--yes")[0] == 0
    ledger = Ledger.open(film.place)
    digest = known(film)[0].digest
    assert ledger.another.wanted(digest) is None
    ledger.another.want(digest, 2)  # as it stood a moment before the end
    code, out, err = film.run("take", "again", ".", "one", "--yes")
    assert (code, bought(film)) == (0, 2)
    assert out.startswith("one, take 2: ")
    assert "nothing was bought now" in err
    assert film.run("take", "again", ".", "one", "--yes")[0] == 0
    assert bought(film) == 3
    Ledger.open(film.place).another.want(digest, 3)
    assert film.run("take", "pick", ".", "one", "3")[0] == 0  # who picks it knows of it
    assert Ledger.open(film.place).another.wanted(digest) is None


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
    film.watch(theirs.place.ledger)  # it is they who buy
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
    assert (code, "cfg_scale, prompt differ(s)" in err, "--force" in err) == (3, True, True)
    assert film.run("take", "add", ".", "one", other, "--force")[0] == 0
    code, _, err = film.run("take", "add", ".", "one", "0" * 12)
    assert (code, "fal knows no request 000000000000" in err) == (3, True)
    assert [(t.take, t.state) for t in known(film)] == [
        (1, State.VERIFIED),
        (2, State.VERIFIED),
        (1, State.VERIFIED),
    ]
    assert bought(film) == 3


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


def test_the_words_are_listed(process: Callable) -> None:
    ran = process("take", "--help")
    assert ran.code == 0
    for word in ("pick", "again", "pin", "add"):
        assert f"\n  {word} " in ran.out
    assert process("take").code == 2
    ran = process("take", "choose")
    assert (ran.code, "Traceback" in ran.err) == (2, False)
