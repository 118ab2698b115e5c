# ruff: noqa: S301 - letters are our own
"""What is handed to workers, wherever they are: tasks that travel, that make what they are called after, twice if need
be, and that hold no secret. And what a person is told who asks for a cluster that is not to be had."""

from __future__ import annotations

import contextlib
import inspect
import pickle
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from a_cluster import same_film
from an_edit import FPS, part
from asked_here import asked_here
from made_clips import make_clip
from PIL import Image
from some_fonts import needs

from storyboard import errors
from storyboard.cut.alike import Target
from storyboard.cut.assemble import assemble
from storyboard.cut.clip import look
from storyboard.cut.cluster import checked_address, cluster
from storyboard.cut.kept import Kept, all_made
from storyboard.cut.measured import measure
from storyboard.cut.on_worker import Run, unfit, versions_here
from storyboard.cut.part import Part
from storyboard.cut.progress import Advance, nobody
from storyboard.cut.proxy import proxies
from storyboard.cut.score import Score
from storyboard.cut.segments import card, moving_stills
from storyboard.cut.workers import HERE, Pool, unheard
from storyboard.errors import Interrupted, MediaError, StoryboardError, WorldError
from storyboard.media.moving_still import MovingStill
from storyboard.media.title import Card
from storyboard.secret import SECRET_VARIABLES

SMALL = Target((160, 90), FPS)


def made_there(one: Kept[Any], step: Any) -> Any:
    return one.seen(step)


class Post(Executor):
    """Does at once what it is given, as it comes out of a letter; keeps the letters. As far from the caller as another
    machine is, but for the address."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.tasks: list[Kept[Any]] = []

    def submit(self, task: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self.letters.append(pickle.dumps((task, arguments, named)))
        self.tasks.append(arguments[0])
        done: Future[Any] = Future()
        task, arguments, named = pickle.loads(self.letters[-1])
        try:
            done.set_result(pickle.loads(pickle.dumps(task(*arguments, **named))))
        except MediaError as error:
            done.set_exception(pickle.loads(pickle.dumps(error)))
        return done

    @contextmanager
    def pool(self, threads: int) -> Iterator[Pool]:
        assert threads
        yield Pool(self, made_there)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    for number in range(3):
        make_clip(folder / f"{number}.mp4", number, frames=49, size=(160, 90))
    make_clip(folder / "3.mp4", 3, frames=50, fps=25, size=(96, 96))
    Image.new("RGB", (320, 180), (220, 120, 60)).save(folder / "still.png")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def edit(shelf: Path) -> list[Part]:
    """Every kind of task: a transition, stretches, drawn shots, a card, a whole clip that is another, mixed sound."""
    still = MovingStill(shelf / "still.png", 1, "push", "she waits", "d")
    return [
        Part("title", card=Card("Rain", 12)),
        part(shelf, 0, kind="dissolve", frames=6),
        part(shelf, 1, first=6),
        Part("d", stills=(still,)),
        part(shelf, 3),
    ]


@pytest.mark.parametrize("plain", [False, True])
def test_what_is_made_from_letters_is_what_is_made_here(shelf: Path, tmp_path: Path, plain: bool) -> None:
    """With a transition, and with clips that are only unlike each other."""
    parts = [part(shelf, 0), part(shelf, 3)] if plain else edit(shelf)
    post, told = Post(), list[Advance]()
    score = None if plain else Score(loudness=Decimal(-16))
    for name, more in (("here", {}), ("there", {"workers": post, "progress": told.append})):
        folder = tmp_path / name
        folder.mkdir()
        assemble(parts, folder / "cut.mp4", folder / "segments", fps=FPS, score=score, **more)  # type: ignore[arg-type]
    assert same_film(tmp_path / "there/cut.mp4", tmp_path / "here/cut.mp4")
    here, there = files(tmp_path / "here/segments"), files(tmp_path / "there/segments")
    assert here.keys() == there.keys()
    assert len(post.letters) == len(there), "everything that takes a processor"
    by_chance = {
        one.path.name for one in post.tasks if one.what.startswith(("encoding", "drawing transitions"))
    }
    assert not [name for name in there.keys() - by_chance if there[name] != here[name]]
    counted = [each for each in told if each.total]
    assert [each.done for each in counted] == sorted(each.done for each in counted)
    assert counted[-1].done == counted[-1].total


def test_letters_hold_no_secret(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a file is made from: nothing of the environment at all."""
    for name in SECRET_VARIABLES:
        monkeypatch.setenv(name, f"canary of {name}")
    post = Post()
    assemble(edit(shelf), tmp_path / "cut.mp4", tmp_path / "segments", fps=FPS, workers=post)
    proxies({"a": shelf / "0.mp4"}, tmp_path / "segments", unheard, post)  # type: ignore[arg-type]
    all_made([measure(look(shelf / "0.mp4"), tmp_path / "segments", "a")], 1, lambda _: unheard, workers=post)
    assert len(post.letters) > 8
    assert not [letter for letter in post.letters if b"canary" in letter]


def test_the_same_task_twice_at_once_is_one_file(shelf: Path, tmp_path: Path) -> None:
    """A cluster may do a task again that it took for lost."""
    one = measure(look(shelf / "0.mp4"), tmp_path / "kept", "a")
    drawn = card(Card("Rain", 24), SMALL, tmp_path / "kept", "title")
    both = threading.Barrier(4)
    found: dict[str, list[Any]] = {"changes": [], "card": []}

    def again(name: str, task: Kept[Any]) -> None:
        both.wait()
        found[name].append(task.seen())

    doers = [threading.Thread(target=again, args=each) for each in (("changes", one), ("card", drawn)) * 2]
    for doer in doers:
        doer.start()
    for doer in doers:
        doer.join()
    assert found["changes"][0] == found["changes"][1]
    assert found["card"][0] == found["card"][1]
    assert files(tmp_path / "kept").keys() == {one.path.name, drawn.path.name}


def test_a_still_that_changes_before_it_is_drawn_is_not_drawn_under_the_old_name(
    shelf: Path, tmp_path: Path
) -> None:
    still = shutil.copy(shelf / "still.png", tmp_path)
    shot = MovingStill(Path(still), 1, "static", "", "dawn · wide")
    drawn = moving_stills([shot], SMALL, tmp_path / "segments", "dawn · wide", audio=False)
    Image.new("RGB", (320, 180), "blue").save(still)
    with pytest.raises(MediaError, match=r"dawn · wide would not look on .* a still has changed meanwhile"):
        drawn.seen()
    assert not drawn.path.exists()


def test_words_that_other_fonts_would_letter_are_refused(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a worker that has fonts of its own."""
    needs("雨")
    (tmp_path / "none").mkdir()
    drawn = card(Card("雨", 12), SMALL, tmp_path / "segments", "title")
    monkeypatch.setenv("STORYBOARD_FONTS", str(tmp_path / "none"))
    with pytest.raises(MediaError, match="other fonts"):
        drawn.seen()


@pytest.mark.parametrize("kind", [each for _, each in inspect.getmembers(errors, inspect.isclass)])
def test_what_fails_far_away_fails_the_same_here(kind: type[StoryboardError]) -> None:
    error = kind("what happened; what to run next")
    error.pending = "a row"  # type: ignore[attr-defined]
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.exit_code) == (kind, str(error), kind.exit_code)
    assert again.pending == "a row"


def test_a_clip_that_fails_there_is_told_as_here(shelf: Path, tmp_path: Path) -> None:
    data = bytearray((shelf / "3.mp4").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 600] = bytes(600)
    (tmp_path / "bad.mp4").write_bytes(data)
    parts = [part(shelf, 0), Part("bad", tmp_path / "bad.mp4")]
    told = []
    for more in ({}, {"workers": Post()}):
        with pytest.raises(MediaError) as failed:
            assemble(parts, tmp_path / "cut.mp4", tmp_path / "segments", fps=FPS, **more)  # type: ignore[arg-type]
        told.append(str(failed.value))
    assert told[0] == told[1]
    assert "bad.mp4 can't be decoded" in told[0]


@pytest.mark.parametrize("far", [False, True])
def test_who_hears_of_it_may_stop_it(shelf: Path, tmp_path: Path, far: bool) -> None:
    """As the preview's Stop does."""

    def tell(advance: Advance) -> None:
        if advance.done:
            raise Interrupted("enough")

    workers = Post() if far else HERE
    with pytest.raises(Interrupted, match="enough"):
        assemble(
            edit(shelf), tmp_path / "cut.mp4", tmp_path / "segments", fps=FPS, progress=tell, workers=workers
        )
    assert not (tmp_path / "cut.mp4").exists()


# Who may work for a project


@pytest.fixture
def fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in SECRET_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".mark").write_text("a name", encoding="ascii")
    return Run(tmp_path / ".mark", "a name", versions_here())


def test_one_who_sees_the_project_may_work_for_it(fit: Run) -> None:
    assert unfit(fit) == ""
    assert [path.name for path in fit.mark.parent.iterdir()] == [".mark"]


def test_one_who_sees_another_file_in_its_place_may_not(fit: Run) -> None:
    fit.mark.write_text("another name", encoding="ascii")
    assert unfit(fit).startswith(
        f"does not see what is in {fit.mark.parent}: the project must lie on a file system"
    )


@pytest.mark.parametrize("name", SECRET_VARIABLES)
def test_one_who_could_tell_a_secret_may_not(fit: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "canary")
    assert unfit(fit) == f"has {name} in its environment, where every task could read it: start it without"


@pytest.mark.parametrize("number", range(len(versions_here())))
def test_one_of_another_version_may_not(fit: Run, number: int) -> None:
    rows = [*fit.versions]
    rows[number] = (rows[number][0], "0.0.7")
    assert f"has {rows[number][0]} {fit.versions[number][1]}, not 0.0.7" in unfit(
        Run(fit.mark, fit.name, tuple(rows))
    )


# What is asked for


@pytest.mark.parametrize(
    "address",
    ["10.0.0.7:8786", "tcp://10.0.0.7", "tcp://:8786", "inproc://1", "tcp://a:b", "http://a:1", "tcp://[::1"],
)
def test_an_address_that_is_none(address: str, tmp_path: Path) -> None:
    code, _, err = asked_here("animatic", tmp_path, environment={"STORYBOARD_CLUSTER": address})
    assert code == 2
    assert (
        f"--cluster takes the address of a Dask scheduler, such as tcp://10.0.0.7:8786, not {address}." in err
    )


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.7:8786", "tls://scheduler.film.example:8786", "tcp://[::1]:8786"]
)
def test_an_address(address: str) -> None:
    assert checked_address(address) == address


@pytest.mark.parametrize("command", ["render", "cut", "animatic", "report"])
def test_without_dask_it_is_said_how_to_get_it(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything else: a render would have bought clips by then."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = (command, tmp_path, *(("--embed",) if command == "report" else ()))
    code, out, err = asked_here(*words, "--cluster", "tcp://127.0.0.1:1")
    assert (code, out) == (2, "")
    assert 'A cluster needs Dask: run `pip install "storyboard-compiler[cluster]"`' in err


@contextmanager
def something_else(greeting: bytes) -> Iterator[int]:
    """The port of a server that is no scheduler."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        guests = []

        def greet() -> None:
            with contextlib.suppress(OSError):
                while True:
                    guests.append(server.accept()[0])
                    guests[-1].sendall(greeting)

        greeter = threading.Thread(target=greet)
        greeter.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        greeter.join()
        for guest in guests:
            guest.close()


@pytest.mark.parametrize(
    ("greeting", "why"), [(b"", "it is silent"), (b"HTTP/1.0 400 what\r\n\r\n", "something else is there")]
)
def test_what_is_no_scheduler_is_not_waited_for(
    shelf: Path, tmp_path: Path, greeting: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.cut.cluster.REACHED", 0.3)
    with (
        something_else(greeting) as port,
        cluster(f"tcp://127.0.0.1:{port}", tmp_path, nobody) as workers,
        pytest.raises(WorldError) as failed,
    ):
        assemble([part(shelf, 3)], tmp_path / "cut.mp4", tmp_path, size=(64, 36), fps=FPS, workers=workers)
    assert str(failed.value) == (
        f"No Dask scheduler answers at tcp://127.0.0.1:{port} ({why}): start one with `dask scheduler`, or leave out "
        "--cluster to encode here."
    )
    assert not [*tmp_path.iterdir()]


def test_without_certificates_nothing_is_encrypted(shelf: Path, tmp_path: Path) -> None:
    with cluster("tls://127.0.0.1:1", tmp_path, nobody) as workers, pytest.raises(WorldError) as failed:
        assemble([part(shelf, 3)], tmp_path / "cut.mp4", tmp_path, size=(64, 36), fps=FPS, workers=workers)
    assert "A connection over TLS needs certificates: name them in Dask's settings" in str(failed.value)


def test_a_cut_that_is_only_copied_asks_for_no_worker(shelf: Path, tmp_path: Path) -> None:
    with cluster("tcp://127.0.0.1:1", tmp_path, nobody) as workers:
        report = assemble(
            [part(shelf, 0), part(shelf, 1)], tmp_path / "cut.mp4", tmp_path, fps=FPS, workers=workers
        )
    assert report.copied == ("0", "1")
