"""What a render is permitted: nothing without a yes, a budget, money and a key, which is in no byte afterwards."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from a_gated_film import Film, drawn, film, filmed
from a_plan import still
from both_engines import bench, engine, own_bench, postgres

__all__ = ["bench", "drawn", "engine", "film", "own_bench", "postgres"]


def test_no_terminal_and_no_yes_is_refused(film: Film, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYBOARD_FAL_URL", film.gate.base_url)
    ended = run("render", film.project)
    assert (ended.code, film.gate.asked) == (3, [])
    assert "--yes" in ended.err
    assert "1.008 USD" in ended.err  # 2 × 3 s × 0.168
    assert "1 file to upload" in ended.err
    assert "still.png" in ended.err


@pytest.mark.parametrize(
    ("more", "environment", "code", "words"),
    [
        (["--max-cost", "1.00"], {}, 3, "1.00"),
        ([], {"STORYBOARD_MAX_COST": "0.5"}, 3, "0.5"),
        ([], {"CI": "true"}, 3, "--max-cost"),
        ([], {"CI": "1", "STORYBOARD_FAL_URL": ""}, 3, "STORYBOARD_MAX_COST) and a key (FAL_KEY). Nothing"),
        (["--max-cost", "2"], {"CI": "1", "STORYBOARD_FAL_URL": ""}, 4, "https://fal.ai/dashboard/keys"),
        ([], {"TF_BUILD": "True"}, 3, "--max-cost"),
        ([], {"JENKINS_URL": "https://ci.example"}, 3, "--max-cost"),
        (["--max-cost", "many"], {}, 2, "--max-cost"),
        ([], {"STORYBOARD_CONCURRENCY": "0"}, 2, "STORYBOARD_CONCURRENCY"),
        ([], {"STORYBOARD_FAL_URL": "http://fal.example"}, 2, "STORYBOARD_FAL_URL"),
        ([], {"STORYBOARD_FAL_URL": ""}, 4, "https://fal.ai/dashboard/keys"),
        ([], {"STORYBOARD_FAL_URL": "", "FAL_KEY": "canary1234:x\n"}, 4, "line break at the end"),
    ],
)
def test_what_is_refused_asks_nothing(
    film: Film,
    run: Any,
    monkeypatch: pytest.MonkeyPatch,
    more: list[str],
    environment: dict[str, str],
    code: int,
    words: str,
) -> None:
    for name, value in ({"STORYBOARD_FAL_URL": film.gate.base_url} | environment).items():
        monkeypatch.setenv(name, value)
    ended = run("render", film.project, "--yes", *more)
    assert ended.code == code, ended.err
    assert words in ended.err
    assert "canary" not in ended.out + ended.err
    assert film.gate.asked == []


def test_ci_spends_what_it_was_given(film: Film) -> None:
    code, _, err = film.render("--max-cost", "2", "--scene", "one", CI="1")
    assert code == 0, err
    assert film.sandbox()["submits"] == 1


def test_a_wrong_key_stops_with_one_paragraph(tmp_path: Path, drawn: Path) -> None:
    with filmed(tmp_path, drawn, keys_refused=True) as film:
        code, _, err = film.render()
        assert code == 4
        assert "invalid key credentials" in err
        assert film.gate.submits == 0


def test_an_exhausted_balance_stops(tmp_path: Path, drawn: Path) -> None:
    with filmed(tmp_path, drawn, balance=Decimal(0)) as film:
        code, _, err = film.render()
        assert (code, film.sandbox()["requests"]) == (4, [])
        assert "Exhausted balance" in err


def test_a_refusal_of_the_model_points_at_the_author(tmp_path: Path, drawn: Path) -> None:
    with filmed(tmp_path, drawn, faults={"422": 1.0}) as film:
        code, _, err = film.render()
        assert code == 4
        assert "storyboard.yaml:8:" in err
        assert "content checker" in err
        assert "may have been billed" in err
        before = film.sandbox()["submits"]
        assert film.render()[0] == 3  # never by itself
        assert film.sandbox()["submits"] == before == 2


def test_a_still_that_changed_after_the_plan_is_not_sent(bench: Any) -> None:
    from a_plan import plan, request

    from storyboard.errors import MediaError, Refused

    path = still(bench.project)
    planned = plan(request(bench.project))
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(Refused, match="changed after the plan"):
        bench.carry_out(planned, "http://127.0.0.1:9")
    (bench.project / "text.png").write_text("not a picture", encoding="utf-8")
    with pytest.raises(MediaError, match=r"storyboard\.yaml:7:3"):
        bench.carry_out(plan(request(bench.project, start="text.png")), "http://127.0.0.1:9")


def test_the_key_is_in_no_byte(tmp_path: Path, drawn: Path) -> None:
    with filmed(tmp_path, drawn, faults={"422": 0.5, "drop-after-accept": 0.3}, seed=3) as film:
        key = "canaryid99:canarysecret77"
        said = film.render(FAL_KEY=key, STORYBOARD_SANDBOX_KEY=key)
        said += film.run("takes", ".", FAL_KEY=key)
        assert b"canary" not in "".join(map(str, said)).encode()
        for path in (*film.project.rglob("*"), *(tmp_path / "state").rglob("*")):
            if path.is_file():
                assert b"canary" not in path.read_bytes(), path
        sent = {asked.headers.get("authorization") for asked in film.gate.asked if asked.method == "PUT"}
        assert sent <= {None}
