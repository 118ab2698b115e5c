"""A voice is bought once: killed before and after the POST, its answer lost, two at once, let go by a person."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from a_gated_film import Film, filmed
from both_engines import either_engine, engine, postgres
from bought import bought
from made_sounds import tone, wav
from msgspec.structs import replace
from rude_server import Asked
from sandboxes import visiting

from storyboard.catalog.endpoints import catalog
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.lock.line import Line, line_of, text_of
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State, TakeRecord

__all__ = ["either_engine", "engine", "postgres"]

pytestmark = pytest.mark.usefixtures("either_engine")

MAKER = catalog().voices
CREATE = ("voice", "create", "mara", "mara.wav", "--yes")


@contextmanager
def sampled(folder: Path, **settings: Any) -> Iterator[Film]:
    with filmed(folder, **settings) as film:
        wav(film.project / "mara.wav", tone(6, 220, rate=16_000), rate=16_000)
        yield film
        assert film.sandbox()["unannounced"] == [], "a submit arrived whose intent was not on the disk"


def finished(film: Film, asked: tuple[str, ...] = CREATE) -> TakeRecord:
    """Run again until it is done; a person lets go what nobody can know. Bought once, recorded, written."""
    for _ in range(3):
        code, _, err = film.run(*asked)
        if code == 0:
            break
        assert code == 3, err
        (take,) = film.takes().values()
        assert take.state is State.UNKNOWN
        assert film.sandbox()["requests"] == [], "a voice that the sandbox has was parked"
        assert film.run("reconcile", ".", "--resend=voice mara")[0] == 0
    (take,) = film.takes().values()
    (paid,) = film.sandbox()["requests"]
    assert (take.state, take.request_id) == (State.VERIFIED, paid["request_id"])
    assert f'mara: "{take.voice}"' in (film.project / "storyboard.yaml").read_text(encoding="utf-8")
    return take


POINTS: dict[str, Callable[[Asked], bool]] = {
    "upload": lambda asked: asked.method == "PUT",
    "submit": lambda asked: asked.method == "POST" and asked.path.endswith("create-voice"),
    "result": lambda asked: asked.method == "GET" and asked.path.rpartition("/")[0].endswith("requests"),
}


@pytest.mark.parametrize(
    ("point", "when"),
    [
        ("submit", "after"),
        *(
            pytest.param(point, when, marks=pytest.mark.long)
            for point, when in [
                ("upload", "after"),
                ("submit", "before"),
                ("submit", "during"),
                ("result", "after"),
            ]
        ),
    ],
)
def test_killed_at_any_request(tmp_path: Path, point: str, when: str) -> None:
    with sampled(tmp_path) as film:
        process = film.start(*CREATE)
        film.gate.strikes = lambda asked: when if POINTS[point](asked) else None
        film.gate.strike = process.kill
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        finished(film)


def test_two_at_once_buy_one(tmp_path: Path) -> None:
    with sampled(tmp_path) as film:
        with film.start(*CREATE) as first, film.start(*CREATE) as second:
            ends = [process.communicate(timeout=60) for process in (first, second)]
        assert (first.returncode, second.returncode) == (0, 0), ends
        assert film.sandbox()["submits"] == 1
        finished(film)


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    text = "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n  - {id: a, prompt: rain}\n"
    (folder / "storyboard.yaml").write_text(text, encoding="utf-8")
    wav(folder / "mara.wav", tone(6, 220, rate=16_000), rate=16_000)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.long
def test_an_answer_that_is_lost_is_found_again(
    film: Path, tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not sent again while fal's history is out; adopted when it is back."""
    with visiting(tmp_path / "state", faults={"drop-after-accept": 1.0}, history_outage=True) as fal:
        monkeypatch.setenv("STORYBOARD_FAL_URL", fal.base)
        lost = run(*CREATE)
        assert lost.code == 3
        assert "voice mara" in lost.err
        again = run(*CREATE)
        assert (again.code, fal.ledger()["submits"]) == (3, 1)
        assert "voices" not in (film / "storyboard.yaml").read_text(encoding="utf-8")
        fal.sandbox.settings = replace(fal.sandbox.settings, faults={}, history_outage=False)
        assert run(*CREATE).code == 0
        assert fal.ledger()["submits"] == 1
        (take,) = Ledger.open(place_of(film, fal.base)).takes()
        assert take.voice
        assert take.voice in (film / "storyboard.yaml").read_text(encoding="utf-8")


@pytest.mark.long
def test_what_a_person_decides(
    film: Path, tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`reconcile` finds, adopts and fetches a voice as it does a clip; `render` says that one is under way."""
    with visiting(tmp_path / "state", faults={"drop-after-accept": 1.0}, history_outage=True) as fal:
        monkeypatch.setenv("STORYBOARD_FAL_URL", fal.base)
        assert run(*CREATE).code == 3
        assert "voice mara" in run("takes", ".").out
        assert "1" in run("spend", ".").out
        assert run("doctor", ".").code == 0
        fal.sandbox.settings = replace(fal.sandbox.settings, faults={}, history_outage=False)
        settled = run("reconcile", ".")
        assert settled.code == 0, settled.err
        (take,) = Ledger.open(place_of(film, fal.base)).takes()
        assert (take.state, take.clip) == (State.VERIFIED, None)
        assert run(*CREATE).code == 0
        assert len(fal.ledger()["requests"]) == 1
        assert "nothing to move" in run("gc", ".", "--yes").out


def test_a_refusal_of_fal_costs_nothing_and_may_be_tried_again(
    film: Path, tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visiting(tmp_path / "state", faults={"422": 1.0}) as fal:
        monkeypatch.setenv("STORYBOARD_FAL_URL", fal.base)
        refused = run(*CREATE)
        assert refused.code == 4
        assert "mara.wav:1:1: voice mara" in refused.err
        assert "voices" not in (film / "storyboard.yaml").read_text(encoding="utf-8")


@pytest.mark.long
def test_a_clip_in_place_of_a_voice_is_not_believed(
    film: Path, tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storyboard.sandbox import queue

    with visiting(tmp_path / "state") as fal:
        monkeypatch.setenv("STORYBOARD_FAL_URL", fal.base)
        video = {"video": {"url": f"{fal.base}/files/b/1/2.mp4", "file_size": 7}}
        with monkeypatch.context() as patch:
            patch.setattr(queue, "output_of", lambda *_: video)
            assert run(*CREATE).code == 4
        (take,) = Ledger.open(place_of(film, fal.base)).takes()
        assert (take.state, take.voice) == (State.SENT, None)
        assert run(*CREATE).code == 0
        assert len(fal.ledger()["requests"]) == 1


# --- shared by the lock --------------------------------------------------------------------------------------------


def a_voice() -> TakeRecord:
    return bought(
        scene="voice mara",
        endpoint=MAKER.id,
        seconds=0,
        clip=None,
        clip_url=None,
        file_size=None,
        voice="829877",
    )


def test_a_line_of_the_lock_holds_a_voice() -> None:
    text = text_of(Line(a_voice()))
    assert json.loads(text)["voice"] == "829877"
    assert line_of(text) == Line(a_voice())
    assert "voice" not in json.loads(text_of(Line(bought()))), "lines of clips stay as they were"


def test_a_colleague_has_the_voice_for_nothing(
    film: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From storyboard.lock alone: no ledger, no POST, the id written."""
    from storyboard.compile.voice import voice_request
    from storyboard.media.sample import sample

    request = voice_request("mara", MAKER, sample(film, "mara.wav", MAKER), "mara.wav")
    take = replace(a_voice(), digest=request.digest or "", body=None)
    (film / "storyboard.lock").write_text(text_of(Line(take)) + "\n", encoding="utf-8")
    monkeypatch.setenv("FAL_KEY", "id:secret")
    ran = run(*CREATE)
    assert ran.code == 0, ran.err
    assert 'mara: "829877"' in (film / "storyboard.yaml").read_text(encoding="utf-8")
    assert run("doctor", ".").code == 0
    assert "829877" in run("voice", "list", ".").out
