"""Films encoded on a Dask cluster: real schedulers and workers on loopback, beside the same films made here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from a_cluster import RealCluster, a_cluster, same_film
from asked_here import asked_here
from made_clips import make_clip
from PIL import Image

from storyboard.cut.assemble import assemble
from storyboard.cut.cluster import cluster
from storyboard.cut.part import Part
from storyboard.cut.progress import nobody
from storyboard.cut.workers import HERE
from storyboard.errors import MediaError
from storyboard.media.ffmpeg import decode_errors

FILM = """\
storyboard: 1
endpoint: kling-v3-standard
defaults: {duration: 3, start_image: still.png, generate_audio: false}
scenes:
  - {id: a, prompt: {camera: slow push, subject_motion: she waits}}
  - {id: b, prompt: {camera: pan left, subject_motion: he goes}}
  - id: c
    shots:
      - {id: x, duration: 2, prompt: {camera: pull out, subject_motion: a door}}
      - {id: y, duration: 2, prompt: {camera: tilt up, subject_motion: a road}}
  - {id: d, prompt: {camera: static, subject_motion: rain}}
cut:
  size: 426x240
  title: {text: Rain, duration: 1}
  loudness: -16
  transitions:
    - {from: a, to: b, kind: dissolve, duration: 0.5}
    - {from: c, to: d, kind: wipe, duration: 0.5}
"""
Ended = tuple[int, str, str]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with its cut and its animatic, made here: clips of three scenes, of three sizes and rates, none of the
    last."""
    folder = tmp_path_factory.mktemp("films")
    here = folder / "here"
    here.mkdir()
    y, x = np.mgrid[0:360, 0:640]
    Image.fromarray((60 + x // 8 + y // 8 + 40 * (x // 40 % 2)).astype(np.uint8)).save(here / "still.png")
    (here / "storyboard.toml").touch()
    (here / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    clips = [
        make_clip(folder / "a.mp4", 1, frames=73, size=(640, 360)),
        make_clip(folder / "b.mp4", 2, frames=75, fps=25, size=(480, 480)),
        make_clip(folder / "c.mp4", 3, frames=97, sound=False),
    ]
    steps = [("take", "add", here, scene, clip) for scene, clip in zip("abc", clips, strict=True)]
    for words in (*steps, ("cut", here), ("animatic", here)):
        code, _, err = asked_here(*words)
        assert code == 0, err
    return here


@pytest.fixture
def there(here: Path, tmp_path: Path) -> Path:
    """The same project, of which no film was made."""
    made = shutil.ignore_patterns("segments", "cut.mp4", "animatic.mp4")
    copy = shutil.copytree(here, tmp_path / "there", ignore=made)
    assert asked_here("takes", copy, "--accept-ledger")[0] == 0
    return copy


def storyboard(*arguments: object, **environment: str) -> Ended:
    process = begun(*arguments, **environment)
    out, err = process.communicate(timeout=100)
    assert "Traceback" not in err
    return process.returncode, out, err


def begun(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "storyboard", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, env={**os.environ, **environment}, stdout=pipe, stderr=pipe, text=True)


def kept(film: Path) -> dict[str, bytes]:
    """What lies among the segments, whatever its name."""
    return {path.name: path.read_bytes() for path in (film / ".storyboard" / "segments").iterdir()}


def events(log: Path, name: str) -> list[dict[str, Any]]:
    return [row for row in map(json.loads, log.read_text("utf-8").splitlines()) if row["event"] == name]


@contextmanager
def overheard(port: int, into: list[bytes]) -> Iterator[str]:
    """The address of a door to a scheduler that keeps all that goes through it."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def carry(one: socket.socket, other: socket.socket) -> None:
            try:
                while data := one.recv(1 << 16):
                    into.append(data)
                    other.sendall(data)
            except OSError:
                pass
            other.close()

        def let_in() -> None:
            while True:
                try:
                    guest, _ = door.accept()
                except OSError:
                    return
                host = socket.create_connection(("127.0.0.1", port))
                for pair in ((guest, host), (host, guest)):
                    threading.Thread(target=carry, args=pair, daemon=True).start()

        threading.Thread(target=let_in, daemon=True).start()
        yield f"tcp://127.0.0.1:{door.getsockname()[1]}"


@pytest.mark.long
def test_a_film_made_on_two_workers_is_the_one_made_here(here: Path, there: Path, tmp_path: Path) -> None:
    wire: list[bytes] = []
    with a_cluster(tmp_path, 2) as cluster, overheard(cluster.port, wire) as address:
        for command in ("cut", "animatic"):
            log = tmp_path / f"{command}.log"
            secret = {"FAL_KEY": "canary-id:canary-secret", "PGPASSWORD": "canary-pass"}
            code, _, err = storyboard(command, there, "--log", log, STORYBOARD_CLUSTER=address, **secret)
            assert code == 0, err
            assert len({row["worker"] for row in events(log, "made")}) == 2, "both had their part"
            film = f"{command}.mp4"
            assert same_film(there / film, here / film)
            assert decode_errors(there / film) == ""
        assert kept(there).keys() == kept(here).keys(), "the same segments, and nothing beside them"
        drawn = {
            row["file"] for row in events(log, "made") if row["what"].startswith(("drawing a", "mixing"))
        }
        assert drawn
        assert not [name for name in drawn if kept(there)[name] != kept(here)[name]], "to the byte"
        environments = [Path(f"/proc/{worker.pid}/environ").read_bytes() for worker in cluster.workers]
    assert b"_write_stretch" in b"".join(wire), "what goes by could be read"
    assert b"canary-" not in b"".join([*wire, *environments])


def wait_for(made: int, film: Path) -> None:
    """Until so many segments are whole."""
    deadline = time.monotonic() + 60
    while len([*film.glob(".storyboard/segments/[!.]*")]) < made:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@contextmanager
def at_work(command: str, film: Path, cluster: RealCluster, *, made: int) -> Iterator[subprocess.Popen[str]]:
    """A command that is at work on the cluster, with so many files made."""
    process = begun(command, film, "--force", "--cluster", cluster.address)
    try:
        wait_for(made, film)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.long
def test_a_worker_that_is_killed_is_survived(here: Path, there: Path, tmp_path: Path) -> None:
    with a_cluster(tmp_path, 2) as cluster, at_work("animatic", there, cluster, made=2) as process:
        cluster.workers[0].kill()
        _, err = process.communicate(timeout=100)
        assert process.returncode == 0, err
    assert "is gone, 1 left; its work is done again" in err
    assert same_film(there / "animatic.mp4", here / "animatic.mp4")
    whole = {name for name in kept(there) if not name.startswith(".")}
    assert whole <= kept(here).keys(), "what the dead one left half-made has no name of a whole file"


@pytest.mark.long
def test_work_that_workers_die_of_is_not_given_to_all_of_them(there: Path, tmp_path: Path) -> None:
    """How many may die of it is the scheduler's setting: three, unless it says otherwise."""
    only_one = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with (
        a_cluster(tmp_path, 2, **only_one) as cluster,
        at_work("animatic", there, cluster, made=1) as process,
    ):
        cluster.workers[0].kill()
        _, err = process.communicate(timeout=100)
    assert process.returncode == 4
    assert "storyboard: 1 worker died of the same task, the last at tcp://127.0.0.1:" in err
    assert "What was made is kept: run the same command again" in err


@pytest.mark.long
def test_a_sound_that_fails_there_is_told_as_here(tmp_path: Path) -> None:
    """While pictures are waited for."""
    parts = [Part("a", make_clip(tmp_path / "a.mp4", 1, frames=144, size=(640, 360)), first=2)]
    parts += [
        Part("b", without_sound_data(make_clip(tmp_path / "b.mp4", 2, frames=48, size=(640, 360))), first=2)
    ]
    told = []
    with a_cluster(tmp_path, 2) as real, cluster(real.address, tmp_path / "there", nobody) as workers:
        for name, who in (("here", HERE), ("there", workers)):
            with pytest.raises(MediaError) as failed:
                assemble(parts, tmp_path / "cut.mp4", tmp_path / name, fps=Fraction(24), workers=who)
            told.append(str(failed.value))
    assert told[0] == told[1]
    assert told[0].startswith("The sound of b.mp4 can't be decoded")


def without_sound_data(clip: Path) -> Path:
    """The clip, the packets of its sound nothing but 0xff."""
    with av.open(str(clip)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size]
    data = bytearray(clip.read_bytes())
    for at, size in places:
        data[at : at + size] = b"\xff" * size
    clip.write_bytes(data)
    return clip


@pytest.mark.long
def test_a_scheduler_that_is_gone_ends_it_and_what_was_made_is_kept(
    here: Path, there: Path, tmp_path: Path
) -> None:
    with a_cluster(tmp_path, 1) as cluster, at_work("animatic", there, cluster, made=2) as process:
        cluster.scheduler.kill()
        _, err = process.communicate(timeout=100)
    assert process.returncode == 4
    assert (
        f"storyboard: The connection to the cluster at {cluster.address} was lost. What was made is kept"
        in err
    )
    assert not (there / "animatic.mp4").exists()
    half = kept(there)
    code, _, err = storyboard("animatic", there)
    assert code == 0, err
    assert same_film(there / "animatic.mp4", here / "animatic.mp4")
    assert half.items() <= kept(there).items()


@pytest.mark.long
def test_an_interrupted_command_leaves_nothing_to_do(here: Path, there: Path, tmp_path: Path) -> None:
    with a_cluster(tmp_path, 1) as cluster:
        with at_work("cut", there, cluster, made=1) as process:  # pictures and sound, in two threads
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=100)
        assert process.returncode == 130, err
        made = len(kept(there))
        from distributed import Client

        with Client(cluster.address, set_as_default=False) as client:
            while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
                time.sleep(0.01)
        assert len(kept(there)) <= made + 1, "at most what was being made"


@pytest.mark.long
@pytest.mark.linux
def test_a_worker_that_may_not_work_here_is_refused(here: Path, there: Path, tmp_path: Path) -> None:
    """In a world where another folder lies in the project's place; with another PyAV; with a key."""
    other = tmp_path / "other"
    (other / "av-1.2.3.dist-info").mkdir(parents=True)
    (other / "av-1.2.3.dist-info" / "METADATA").write_text("Name: av\nVersion: 1.2.3\n")
    elsewhere = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(there))
    with a_cluster(tmp_path, 1) as cluster:
        cluster.worker(PYTHONPATH=str(other))
        cluster.worker(FAL_KEY="not-a-key")
        if os.getuid() == 0:
            cluster.worker(inside=elsewhere)
        code, _, err = storyboard("animatic", there, "--cluster", cluster.address)
        told = [line for line in err.splitlines() if "worker tcp" in line]
        assert code == 4
        assert "has av 1.2.3, not " in err
        assert "has FAL_KEY in its environment" in err
        assert len(told) == len(cluster.workers) - 1, err
        assert (
            os.getuid() != 0
            or f"does not see what is in {there}/.storyboard/segments: the project must" in err
        )
        assert kept(there) == {}, "nothing was made, no mark is left"


@pytest.mark.long
def test_a_cluster_without_workers_is_not_waited_for_without_an_end(
    here: Path, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is none, and the last one goes."""
    monkeypatch.setattr("storyboard.cut.cluster.PATIENCE", 0.5)
    with a_cluster(tmp_path) as cluster:
        command = ("animatic", there, "--force", "--cluster", cluster.address)
        code, _, err = asked_here(*command)
        assert code == 4
        assert f"has no workers: start some with `dask worker {cluster.address}`" in err
        worker = cluster.worker()
        killer = threading.Thread(target=lambda: (wait_for(1, there), worker.kill()))
        killer.start()
        code, _, err = asked_here(*command)
        killer.join()
    assert code == 4
    assert (
        f"storyboard: The cluster at {cluster.address} has no worker any more. What was made is kept" in err
    )
