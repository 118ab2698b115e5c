"""Clips that are shared, as people's commands see them: two machines, one store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from a_gated_film import drawn
from a_shared_film import SCENES, Machine, bought, cloned, colleague, four_clips
from a_shared_store import (
    SECRET,
    Bucket,
    Counted,
    bucket,
    counter,
    gone,
    once,
    refused,
    s3,
    shared,
)
from a_shot_film import Here, film

from storyboard.ledger import bucket as engine
from storyboard.ledger.store import Store

__all__ = ["bought", "bucket", "colleague", "counter", "drawn", "film", "four_clips", "s3", "shared"]

AWAY = "The clip store s3://films/potters can't be used (no answer comes)."
KEY = "canary-of-fal-0451:and-its-secret-half"


def test_a_colleague_plans_all_reuse_and_fetches_what_the_cut_shows(
    shared: Counted, bought: Machine, colleague: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", KEY)
    code, out, err = bought.run("store", "push", ".")
    assert code == 0, err
    assert "4 clips put into s3://films/potters, 0 there before" in out
    assert set(shared.count("PUT").values()) == {1}

    shared.quiet()
    told = dict.fromkeys(SCENES, ("reuse", "take 1 is in the shared store"))
    assert colleague.decisions() == told
    assert {one.method for one in shared.asked} == {"HEAD"}, "a plan fetches nothing"
    assert len(shared.asked) == len(SCENES)

    code, _, err = colleague.run("cut", ".", "--scene", "dusk")
    assert code == 0, err
    assert "fetching 1 clip out of s3://films/potters" in err
    assert colleague.here() == {"dusk"}
    code, _, err = colleague.run("cut", ".")
    assert code == 0, err
    assert colleague.here() == {"dawn", "noon", "dusk"}, "night is not in the cut"
    assert shared.count("GET") == {bought.clips[scene]: 1 for scene in ("dawn", "noon", "dusk")}

    assert bought.run("cut", ".")[0] == 0
    cuts = [(each.project / "cut.mp4").read_bytes() for each in (bought, colleague)]
    assert cuts[0] == cuts[1]
    assert shared.count("PUT") == {}
    said = b"".join(repr(one).encode() for one in shared.asked)
    for half in KEY.split(":"):
        assert half.encode() not in said
    kept = [path for each in (bought, colleague) for path in each.project.rglob("*") if path.is_file()]
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]


def test_render_and_export_fetch_too_and_nobody_needs_a_key(
    shared: Counted, bought: Machine, colleague: Machine, tmp_path: Path
) -> None:
    assert bought.run("store", "push", ".")[0] == 0
    code, _, err = colleague.run("export", ".", "--format", "edl")
    assert code == 0, err
    assert "gaps" not in err
    assert colleague.here() == {"dawn", "noon", "dusk"}
    shared.quiet()
    code, _, err = colleague.run("render", ".", "--yes")
    assert code == 0, err
    assert colleague.here() == set(SCENES)
    assert shared.count("GET") == {bought.clips["night"]: 1}
    third = cloned(bought, tmp_path / "third")
    assert third.run("report", ".")[0] == 0
    assert third.here() == set(SCENES)


def test_without_the_store_a_colleague_has_what_there_was(
    shared: Counted, bought: Machine, colleague: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORYBOARD_STORE")
    assert {decision for decision, _ in colleague.decisions().values()} == {"resume"}
    assert bought.run("store", "push", ".")[0] == 2
    assert not shared.asked


@pytest.mark.long
def test_a_store_that_does_not_answer_is_said_and_changes_no_price(
    shared: Counted, bought: Machine, colleague: Machine
) -> None:
    shared.before = gone
    for decision, reason in colleague.decisions().values():
        assert decision == "resume"
        assert reason.endswith(f"its clip is fetched. {AWAY}")
    code, _, err = colleague.run("export", ".", "--format", "edl")
    assert code == 0, err
    assert err.count(f"warning: {AWAY}") == 1
    assert "left as gaps: dawn, noon, dusk\n" in err
    assert not list(colleague.place.incoming.iterdir())


def test_a_wrong_object_is_refused_and_said(
    shared: Counted, bought: Machine, colleague: Machine, bucket: Bucket
) -> None:
    wrong = bought.clips["dawn"]
    bucket("PUT", bucket.of(wrong), b"an older film")
    code, _, err = bought.run("store", "push", ".")
    assert code == 0, err
    assert bucket("GET", bucket.of(wrong)) == b"an older film", "nothing is written over"
    code, out, err = bought.run("doctor", ".")
    assert code == 4
    assert f"clips/{wrong[:2]}/{wrong}.mp4 has 13 bytes" in out
    code, _, err = colleague.run("export", ".", "--format", "edl")
    assert code == 0, err
    assert f"s3://films/potters/clips/{wrong[:2]}/{wrong}.mp4 is not the clip" in err
    assert "left as gaps: dawn\n" in err
    assert colleague.here() == {"noon", "dusk"}


@pytest.mark.long
def test_what_a_render_buys_is_shared_before_it_counts_and_had_back(
    shared: Counted, film: Here, bucket: Bucket
) -> None:
    [name] = bucket.objects()  # the film was shot with the store named
    assert name.startswith(f"potters/sandbox/{film.place.folder.name}/clips/")
    store = Store(film.place)
    clip = Path(name).stem
    store.path_of(clip).unlink()
    film.gate.asked.clear()
    shared.quiet()
    code, _, err = film.render("--scene", "one")
    assert code == 0, err
    assert store.read(clip)
    assert shared.count("GET") == {clip: 1}
    assert not film.gate.asked, "fal was asked for nothing"

    bucket("PUT", f"/{name}", b"another")  # by somebody who may
    store.path_of(clip).unlink()
    code, _, err = film.render("--scene", "one")
    assert code == 0, err
    assert "is not the clip" in err
    assert store.read(clip), "fal had it still"


@pytest.mark.long
def test_an_upload_that_fails_fails_no_render_and_is_made_up_for(
    shared: Counted, film: Here, bucket: Bucket
) -> None:
    bucket("DELETE", f"/{next(iter(bucket.objects()))}")
    engine.bucket_of.cache_clear()
    shared.before = once("PUT", refused(403, "AccessDenied"), times=100)
    code, _, err = film.render()
    assert code == 0, err
    assert err.count("not in the shared clip store s3://films/potters yet") == 1
    assert "1 clip is here and paid" in err
    assert "these credentials may not write there: HTTP 403 Forbidden, AccessDenied" in err
    assert SECRET not in err
    shared.quiet()
    code, _, err = film.render()
    assert code == 0, err
    assert "yet" not in err
    assert len(bucket.objects()) == 1
    assert film.sandbox()["submits"] == 2, "nothing was bought for it"


def test_doctor_looks_at_the_store(shared: Counted, bought: Machine, bucket: Bucket) -> None:
    code, out, err = bought.run("doctor", ".")
    assert code == 0, err
    assert "s3://films/potters can be read: 0 of this ledger's 4 clips are in it" in out
    assert "it can be written, and what is there can't be written over" in out
    assert "4 clips of this ledger are only here. `storyboard store push PATH` puts them there" in out
    bought.run("store", "push", ".")
    for clip in bought.clips.values():
        Store(bought.place).path_of(clip).unlink()
    code, out, err = bought.run("doctor", ".")
    assert code == 0, out
    assert "4 clips of this ledger are not here. The shared store has them" in out
    assert "only here" not in out
    shared.before = once("PUT", refused(403, "AccessDenied"), times=100)
    assert "can't be written (these credentials may not write there" in bought.run("doctor", ".")[1]

    def careless(asked, data, connection):
        asked.headers.pop("if-none-match", None)
        return False

    shared.before = careless
    code, out, _ = bought.run("doctor", ".")
    assert code == 4
    assert "writes over what is there, though it is asked to create only" in out
    assert len(bucket.objects()) == len(SCENES) + 1


def test_doctor_has_damaged_clips_back(shared: Counted, bought: Machine) -> None:
    bought.run("store", "push", ".")
    clip = bought.clips["noon"]
    path = Store(bought.place).path_of(clip)
    path.chmod(0o600)
    path.write_bytes(b"damaged")
    code, _, err = bought.run("doctor", ".", "--repair")
    assert code == 0, err
    assert f"{clip[:12]}…: fetched out of s3://films/potters" in err
    assert Store(bought.place).read(clip)


def test_gc_takes_nothing_away_from_others(shared: Counted, bought: Machine, bucket: Bucket) -> None:
    bought.run("store", "push", ".")
    (bought.project / "storyboard.yaml").write_text(
        "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n  - {id: one, prompt: rain}\n"
    )
    assert bought.run("gc", ".", "--yes")[0] == 0
    assert len(bucket.objects()) == len(SCENES)
    assert not shared.count("DELETE")


def test_the_store_needs_its_extra(
    shared: Counted, bought: Machine, colleague: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.bucket_of.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    for words in (["plan", "."], ["cut", "."], ["render", ".", "--yes"]):
        code, _, err = colleague.run(*words)
        assert code == 2, err
        assert 'pip install "storyboard-compiler[store]"' in err
    code, out, _ = bought.run("doctor", ".")
    assert code == 4
    assert 'pip install "storyboard-compiler[store]"' in out


@pytest.mark.long
def test_a_log_tells_of_clips_and_of_no_credential(
    shared: Counted, bought: Machine, colleague: Machine, tmp_path: Path
) -> None:
    assert bought.run("store", "push", ".")[0] == 0
    log = tmp_path / "log.jsonl"
    assert colleague.run("cut", ".", "--log", str(log))[0] == 0
    told = [json.loads(line) for line in log.read_text().splitlines()]
    fetched = {each["clip"] for each in told if each["event"] == "clip" and each["what"] == "fetched"}
    assert fetched == {bought.clips[scene] for scene in ("dawn", "noon", "dusk")}
    assert SECRET not in log.read_text()
