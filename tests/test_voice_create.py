"""`storyboard voice create`: a sample is heard, priced, asked for, sent once, and its id written; and what the other
commands make of a voice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_sounds import sound_file, sounding, tone, wav
from sandboxes import Visitor, visiting

from storyboard.catalog.endpoints import catalog
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State, TakeRecord

MAKER = catalog().voices
FILM = """\
# the pier
storyboard: 1
title: The pier   # of 1960

# who is in it
elements:
  keeper: {description: an old man}
scenes:
  - id: dawn
    endpoint: kling-v3-standard-text
    duration: 3
    prompt: "@keeper walks the pier"
    dialogue:
      - mara (softly): there you are
"""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of every kind that fal takes, and some that it does not."""
    folder = tmp_path_factory.mktemp("samples")
    wav(folder / "mara.wav", tone(6, 220, rate=16_000), rate=16_000)
    wav(folder / "other.wav", tone(6, 330, rate=16_000), rate=16_000)
    wav(folder / "short.wav", tone(4.5, 220, rate=16_000), rate=16_000)
    wav(folder / "long.wav", tone(31, 220, rate=16_000), rate=16_000)
    wav(folder / "silent.wav", np.zeros(6 * 16_000, np.float32), rate=16_000)
    sound_file(folder / "mara.mp3", tone(6, 220), "mp3", "libmp3lame")
    sound_file(folder / "mara.flac", tone(6, 220), "flac", "flac")
    sounding(folder / "mara.mp4", tone(6, 220))
    (folder / "cut.wav").write_bytes((folder / "mara.wav").read_bytes()[:40])
    (folder / "secret.wav").write_text("password: swordfish\n" * 400, encoding="utf-8")
    (folder / "folder.wav").mkdir()
    return folder


@pytest.fixture
def fal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """A look-alike in fal's place."""
    with visiting(tmp_path / "state") as visitor:
        monkeypatch.setenv("STORYBOARD_FAL_URL", visitor.base)
        yield visitor


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def text(film: Path) -> str:
    return (film / "storyboard.yaml").read_text(encoding="utf-8")


def takes(film: Path, fal: Visitor) -> tuple[TakeRecord, ...]:
    return Ledger.open(place_of(film, fal.base)).takes()


def made(fal: Visitor) -> list[dict[str, Any]]:
    return fal.ledger()["requests"]


# --- bought once, written down -----------------------------------------------------------------------------------


def test_a_voice_is_made_and_its_id_written(film: Path, samples: Path, fal: Visitor, run: Callable) -> None:
    ran = run("voice", "create", "mara", samples / "mara.wav", "--yes")
    assert ran.code == 0, ran.err
    (take,) = takes(film, fal)
    assert take.voice
    assert (take.state, take.clip, take.seconds) == (State.VERIFIED, None, 0)
    assert text(film) == FILM.replace("# who is", f'voices:\n  mara: "{take.voice}"\n\n# who is')
    assert "0.007 USD" in ran.err
    assert f"mara: {take.voice}" in ran.out
    (asked,) = made(fal)
    assert asked["endpoint"] == "fal-ai/kling-video/create-voice"
    assert (str(take.estimate), str(take.charge)) == ("0.007", "0.007")


def test_the_same_again_buys_nothing(film: Path, samples: Path, fal: Visitor, run: Callable) -> None:
    create = ("voice", "create", "mara", samples / "mara.wav", "--yes")
    assert run(*create).code == 0
    written = text(film)
    again = run(*create)
    assert (again.code, text(film)) == (0, written)
    assert "nothing was bought now" in again.err
    (film / "storyboard.yaml").write_text(FILM, encoding="utf-8")  # a checkout of before
    assert run(*create).code == 0
    assert text(film) == written
    assert run("voice", "create", "tom", *create[3:]).code == 0, "another name for the same voice"
    assert text(film).count(takes(film, fal)[0].voice or "") == 2
    assert len(made(fal)) == 1


def test_the_storyboard_may_wait_for_the_voice(
    film: Path, samples: Path, fal: Visitor, run: Callable
) -> None:
    """An unknown voice is an error of the storyboard, and this command is its cure."""
    bound = FILM.replace("{description: an old man}", "{video: stills/keeper.mp4, voice: mara}")
    (film / "storyboard.yaml").write_text(bound, encoding="utf-8")
    assert "SB205" in run("check", ".").out + run("check", ".").err
    assert run("voice", "create", "mara", samples / "mara.wav", "--yes").code == 0
    assert "SB205" not in run("check", ".").out + run("check", ".").err


@pytest.mark.parametrize("name", ["mara.wav", "mara.mp3", "mara.mp4"])
def test_each_kind_goes_out_as_what_it_is(
    film: Path, samples: Path, fal: Visitor, run: Callable, name: str
) -> None:
    misnamed = film / "sample.bin"
    misnamed.write_bytes((samples / name).read_bytes())
    assert run("voice", "create", "mara", misnamed, "--yes").code == 0
    (upload,) = fal.sandbox.state.uploads.values()
    assert Path(upload.path).suffix == Path(name).suffix
    assert upload.content_type == {"wav": "audio/wav", "mp3": "audio/mpeg", "mp4": "video/mp4"}[name[5:]]


# --- refused before anything leaves --------------------------------------------------------------------------------

BAD = {
    "short.wav": "lasts 4.50 s",
    "long.wav": "lasts 31.00 s",
    "silent.wav": "is silent",
    "mara.flac": "mp3, wav, mp4, mov",
    "cut.wav": "cut.wav",
    "secret.wav": "mp3, wav, mp4, mov",
    "folder.wav": "a folder",
    "missing.wav": "no file",
}


@pytest.mark.parametrize("name", BAD)
def test_a_sample_that_will_not_do(film: Path, samples: Path, fal: Visitor, run: Callable, name: str) -> None:
    ran = run("voice", "create", "mara", samples / name, "--yes")
    assert (ran.code, text(film)) == (4, FILM)
    assert BAD[name] in ran.err
    assert "swordfish" not in ran.err
    assert fal.ledger()["submits"] == 0
    assert not fal.sandbox.state.uploads


def test_a_sample_that_is_too_large(film: Path, fal: Visitor, run: Callable) -> None:
    with (film / "huge.wav").open("wb") as file:
        file.write(b"RIFF\0\0\0\0WAVE")
        file.truncate(MAKER.bytes + 1)
    ran = run("voice", "create", "mara", "huge.wav", "--yes")
    assert ran.code == 4
    assert "at most 209715200" in ran.err


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "nobody to ask": ((), 3, "no terminal"),
    "above the budget": (("--yes", "--max-cost", "0.006"), 3, "0.007"),
    "a name that is none": (("--yes",), 2, "is no name"),
    "a name that is taken": (("--yes",), 3, "the name tom is taken"),
    "no price": (("--yes", "--prices", "own.toml", "--max-cost", "1"), 3, "voice mara"),
    "the policy": (("--yes",), 3, "the policy does not allow kling-create-voice"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_stands_against_it(film: Path, samples: Path, fal: Visitor, run: Callable, why: str) -> None:
    more, code, said = REFUSED[why]
    name = {"a name that is none": "ma ra", "a name that is taken": "tom"}.get(why, "mara")
    before = FILM + 'voices: {tom: "829877809978941442"}\n'
    (film / "storyboard.yaml").write_text(before, encoding="utf-8")
    (film / "own.toml").write_text(
        'name = "own"\nas_of = 2026-11-01\ncurrency = "USD"\nsource = "me"\n'
        '[[price]]\nendpoint = "fal-ai/kling-video/v3/standard/text-to-video"\naudio = "0.1"\n',
        encoding="utf-8",
    )
    if why == "the policy":
        (film / "storyboard.toml").write_text('[policy]\nendpoints = ["kling-v3-pro"]\n', encoding="utf-8")
    ran = run("voice", "create", name, samples / "mara.wav", *more)
    assert (ran.code, text(film)) == (code, before), ran.err
    assert said in ran.err
    assert fal.ledger()["submits"] == 0


def test_a_name_of_an_included_file_is_taken(film: Path, samples: Path, fal: Visitor, run: Callable) -> None:
    (film / "storyboard.yaml").write_text(f"{FILM}include: cast.yaml\n", encoding="utf-8")
    (film / "cast.yaml").write_text('voices:\n  mara: "829877809978941442"\n', encoding="utf-8")
    ran = run("voice", "create", "mara", samples / "mara.wav", "--yes")
    assert (ran.code, fal.ledger()["submits"]) == (3, 0)
    assert "cast.yaml:2: a file that storyboard.yaml includes has a voice named mara" in ran.err


def test_variables_and_variants_are_given_as_everywhere(
    film: Path, samples: Path, fal: Visitor, run: Callable
) -> None:
    (film / "storyboard.yaml").write_text(
        'storyboard: 1\nendpoint: kling-v3-standard-text\nvoices: {tom: "829877809978941442"}\nscenes:\n'
        '  - id: dawn\n    prompt: rain {{ how }}\n    variants: {night: {dialogue: ["tom: {{ what }}"]}}\n',
        encoding="utf-8",
    )
    (film / "vars.yaml").write_text("how: falls\n", encoding="utf-8")
    given = ("--vars", "vars.yaml", "--var", "what=hello", "--pick", "dawn=night")
    assert "dawn" in run("voice", "list", ".", *given).out
    assert run("voice", "create", "mara", samples / "mara.wav", "--yes", *given).code == 0
    assert fal.ledger()["submits"] == 1


@pytest.mark.parametrize("name", ["kling-create-voice", "kling-*", "*/create-voice"])
def test_the_policy_can_allow_it(film: Path, samples: Path, fal: Visitor, run: Callable, name: str) -> None:
    del fal
    (film / "storyboard.toml").write_text(
        f'[policy]\nendpoints = ["{name}"]\napproval = ["kling-create-voice"]\n', encoding="utf-8"
    )
    create = ("voice", "create", "mara", samples / "mara.wav", "--yes")
    assert run(*create).code == 3
    assert run(*create, "--approve", "kling-create-voice").code == 0


def test_in_ci_it_takes_a_budget_from_outside(
    film: Path, samples: Path, fal: Visitor, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    create = ("voice", "create", "mara", samples / "mara.wav", "--yes")
    assert run(*create).code == 3
    assert len(made(fal)) == 0
    assert run(*create, "--max-cost", "0.01").code == 0


# --- what fal refuses ------------------------------------------------------------------------------------------------


def test_the_sandbox_refuses_what_fal_refuses(samples: Path, fal: Visitor) -> None:
    def kinds(**body: Any) -> list[str]:
        answer = fal.result(body, MAKER.id)
        assert answer.status_code == 422
        return [error["type"] for error in answer.json()["detail"]]

    def upload(name: str) -> str:
        return fal.upload((samples / name).read_bytes(), name, "audio/wav")

    assert kinds() == ["missing"]
    assert kinds(voice_url=7) == ["string_type"]
    assert kinds(voice_url=f"{fal.base}/files/b/none") == ["file_download_error"]
    assert kinds(voice_url=upload("short.wav")) == ["audio_duration_too_short"]
    assert kinds(voice_url=upload("long.wav")) == ["audio_duration_too_long"]
    assert kinds(voice_url=upload("secret.wav")) == ["unsupported_audio_format"]
    answer = fal.result({"voice_url": upload("mara.wav")}, MAKER.id)
    assert answer.status_code == 200
    assert list(answer.json()) == ["voice_id"]


# --- the other commands ------------------------------------------------------------------------------------------


def test_a_rehearsal_and_what_comes_after(film: Path, samples: Path, run: Callable) -> None:
    """Created, rendered with, listed, looked at by every command that reads the ledger."""
    assert run("voice", "create", "mara", samples / "mara.wav", "--sandbox").code == 0
    rendered = run("render", ".", "--sandbox", "--quiet", "--prices", "observed-2026-10")
    assert rendered.code == 0, rendered.err
    listed = json.loads(run("voice", "list", ".", "--sandbox", "--format", "json").out)["voices"]
    assert [(v["name"], v["scenes"], v["created"]["state"]) for v in listed] == [
        ("mara", ["dawn"], "verified")
    ]
    assert "dawn" in run("voice", "list", ".", "--sandbox").out
    assert "voice mara (`storyboard voice list`" in run("takes", ".", "--sandbox").out
    row = json.loads(run("takes", ".", "--sandbox", "--format", "json").out)["takes"][0]
    assert (row["scene"], row["clip"], row["voice_id"]) == ("voice mara", None, listed[0]["voice_id"])
    assert run("doctor", ".").code == 0
    assert "nothing to move" in run("gc", ".", "--yes").out


def test_a_rehearsals_voice_is_not_sent_to_fal(
    film: Path, samples: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "id:secret")
    assert run("voice", "create", "mara", samples / "mara.wav", "--sandbox").code == 0
    assert "SB870" in run("check", ".").err + run("check", ".").out
    ran = run("render", ".", "--yes", "--prices", "observed-2026-10")
    assert ran.code == 3
    assert "a voice there is a rehearsal's" in ran.err
    # nor to what stands in fal's place, which may be fal behind a proxy
    monkeypatch.setenv("STORYBOARD_FAL_URL", "http://127.0.0.1:9")
    assert run("render", ".", "--yes", "--prices", "observed-2026-10").code == 3
    # with fal another id takes its place: the name is not taken
    with visiting(film / "other") as other:
        monkeypatch.setenv("STORYBOARD_FAL_URL", other.base)
        before = text(film)
        assert run("voice", "create", "mara", samples / "mara.wav", "--yes").code == 0
        assert text(film) != before
        assert text(film).count("mara:") == 1


@pytest.mark.parametrize("field", ["voices: {mara: sandbox-1}", "    voice_ids: [sandbox-1]"])
def test_a_rehearsals_voice_is_told_before_anything_is_asked(film: Path, run: Callable, field: str) -> None:
    silence = "# storyboard: ignore SB870\n" if "mara" in field else ""
    film_of_dawn = FILM if "mara" in field else FILM.replace("- mara (softly): ", "- ")
    (film / "storyboard.yaml").write_text(f"{film_of_dawn}{silence}{field}\n", encoding="utf-8")
    book = ("--prices", "observed-2026-10")
    assert "SB870" not in run("check", ".").out
    estimated, planned, rehearsed = (
        run("estimate", ".", *book),
        run("plan", ".", *book),
        run("plan", ".", *book, "--sandbox"),
    )
    assert (estimated.code, planned.code, rehearsed.code) == (0, 3, 0)
    for ran in (estimated, planned):
        assert "dawn: a voice there is a rehearsal's" in ran.err
        assert "`storyboard voice create NAME FILE`" in ran.err
    assert "a rehearsal's, and" not in rehearsed.err


def test_the_ledgers_commands_know_a_voice(film: Path, samples: Path, fal: Visitor, run: Callable) -> None:
    assert run("voice", "create", "mara", samples / "mara.wav", "--yes").code == 0
    spent = run("spend", ".", "--by", "endpoint")
    assert spent.code == 0, spent.err
    bill = json.loads(run("reconcile", ".", "--format", "json").out)
    (row,) = bill["scenes"]
    assert (row["scene"], row["estimate"], row["charge"]) == ("voice mara", "0.007", "0.007")
    for form in ("text", "csv", "markdown", "html"):
        assert run("reconcile", ".", "--format", form).code == 0
    assert run("cancel", ".").code == 0
    assert run("plan", ".").code == 0
    assert run("estimate", ".").code == 0
    assert len(made(fal)) == 1
