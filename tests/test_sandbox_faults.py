"""Every fault, alone and always on, seen from the client's side; and that a seed replays a run."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from sandboxes import STANDARD, png, until, visiting

from storyboard.errors import UsageError
from storyboard.sandbox.faults import NAMES, parse_faults

PROMPT = {"prompt": "a bowl turns", "duration": "3", "generate_audio": False}


def test_the_promised_faults_are_all_there() -> None:
    asked = {"drop-after-accept", "429", "500", "503-nginx", "slow", "truncated-download", "422"}
    assert asked | {"lost-request", "timeout"} <= set(NAMES)


@pytest.mark.parametrize("word", ["nonsense=1", "429", "429=", "429=1.5", "429=-1", "429=nan", "=1", ""])
def test_a_word_that_is_no_fault_is_a_usage_error(word: str) -> None:
    with pytest.raises(UsageError):
        parse_faults([word])


def test_an_unknown_fault_s_error_lists_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        parse_faults(["lots=1"])
    assert all(name in str(caught.value) for name in NAMES)


@pytest.mark.parametrize(("fault", "status"), [("429", 429), ("500", 500), ("503-nginx", 503)])
def test_refused_before_accept(tmp_path: Path, fault: str, status: int) -> None:
    with visiting(tmp_path, faults={fault: 1}) as visitor:
        answer = visitor.http.post(f"/{STANDARD}", json=PROMPT)
        assert answer.status_code == status
        assert "x-fal-request-id" not in answer.headers
        assert visitor.ledger() == {"submits": 1, "most_at_once": 0, "requests": []}
    assert (answer.headers.get("x-fal-needs-retry") == "1") == (fault == "429")
    is_page = answer.headers["content-type"].startswith("text/html") and "nginx" in answer.text
    assert is_page == (fault == "503-nginx")


def test_drop_after_accept_records_the_request_and_answers_nothing(tmp_path: Path) -> None:
    with visiting(tmp_path, faults={"drop-after-accept": 1}, log=tmp_path / "log") as visitor:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            visitor.http.post(f"/{STANDARD}", json=PROMPT)
        rows = visitor.ledger()["requests"]
        assert len(rows) == 1
        handle = {"status_url": f"{visitor.base}/fal-ai/kling-video/requests/{rows[0]['request_id']}/status"}
        assert visitor.events(handle)[-1]["status"] == "COMPLETED"
    assert '"status": null' in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_cut_answer_shows_the_id_in_its_headers(tmp_path: Path) -> None:
    with visiting(tmp_path, faults={"cut-answer": 1}) as visitor:
        with visitor.http.stream("POST", f"/{STANDARD}", json=PROMPT) as answer:
            assert answer.status_code == 200
            id_ = answer.headers["x-fal-request-id"]
            with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
                answer.read()
        assert [row["request_id"] for row in visitor.ledger()["requests"]] == [id_]


def test_slow_answers_after_the_client_has_given_up(tmp_path: Path) -> None:
    with visiting(tmp_path, faults={"slow": 1}, slow_seconds=0.4) as visitor:
        with pytest.raises(httpx.ReadTimeout):
            visitor.http.post(f"/{STANDARD}", json=PROMPT, timeout=0.15)
        assert visitor.http.post(f"/{STANDARD}", json=PROMPT, timeout=20).status_code == 200
        assert len(visitor.ledger()["requests"]) == 2


def test_a_lost_request_runs_and_is_charged_but_not_found(tmp_path: Path) -> None:
    with visiting(tmp_path, faults={"lost-request": 1}) as visitor:
        body = {"start_image_url": visitor.upload(png()), **PROMPT}
        submitted = visitor.submit(body)
        for method, url in (("GET", "status_url"), ("GET", "response_url"), ("PUT", "cancel_url")):
            answer = visitor.http.request(method, submitted[url])
            assert (answer.status_code, answer.json()) == (404, {"status": "NOT_FOUND"})
        history = {"endpoint_id": STANDARD, "request_id": submitted["request_id"]}
        items = until(
            lambda: visitor.http.get("/v1/models/requests/by-endpoint", params=history).json()["items"]
        )
        assert items[0]["status_code"] == 200
        assert visitor.ledger()["requests"][0]["charged"] == "0.504"


def test_timeout_ends_as_completed_with_an_error(tmp_path: Path) -> None:
    with visiting(tmp_path, faults={"timeout": 1}) as visitor:
        submitted = visitor.submit(PROMPT)
        last = visitor.events(submitted)[-1]
        assert (last["status"], last["error"], last["error_type"]) == (
            "COMPLETED",
            "Request timed out",
            "request_timeout",
        )
        assert last["metrics"] == {}
        result = visitor.http.get(submitted["response_url"])
        assert (result.status_code, result.headers["x-fal-error-type"]) == (504, "request_timeout")
        assert result.json() == {"detail": "Request timed out", "error_type": "request_timeout"}
        assert visitor.ledger()["requests"][0]["charged"] == "0"


def test_422_is_a_content_policy_violation_in_the_result(tmp_path: Path) -> None:
    with visiting(tmp_path, faults={"422": 1}) as visitor:
        submitted = visitor.submit(PROMPT)
        assert "error" not in visitor.events(submitted)[-1]
        result = visitor.http.get(submitted["response_url"])
        assert result.status_code == 422
        assert [(d["type"], d["loc"]) for d in result.json()["detail"]] == [
            ("content_policy_violation", ["body", "prompt"])
        ]
        assert visitor.ledger()["requests"][0]["charged"] == "0"


def test_a_poll_meets_the_ingress_s_page(tmp_path: Path) -> None:
    with visiting(tmp_path, faults={"poll-503": 1}) as visitor:
        submitted = visitor.submit(PROMPT)
        assert visitor.http.get(submitted["status_url"]).status_code == 503
        assert visitor.http.get(submitted["response_url"]).status_code == 503
        assert len(visitor.ledger()["requests"]) == 1


def test_a_truncated_download_has_the_right_length_and_half_the_body(tmp_path: Path) -> None:
    with visiting(tmp_path, faults={"truncated-download": 1}) as visitor:
        body = {"start_image_url": visitor.upload(png()), **PROMPT}
        video = visitor.result(body).json()["video"]
        with visitor.http.stream("GET", video["url"]) as answer:
            assert answer.headers["content-length"] == str(video["file_size"])
            with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
                answer.read()
            assert 0 < answer.num_bytes_downloaded <= video["file_size"] // 2
        assert visitor.http.get(body["start_image_url"]).status_code == 200, "uploads are whole"


def test_a_rate_strikes_sometimes_and_a_seed_replays_it(tmp_path: Path) -> None:
    def answers(name: str, seed: int) -> list[int]:
        with visiting(tmp_path / name, faults={"429": 0.5}, seed=seed) as visitor:
            return [visitor.http.post(f"/{STANDARD}", json={}).status_code for _ in range(24)]

    first = answers("first", 7)
    assert set(first) == {200, 429}
    assert answers("again", 7) == first
    assert answers("other", 8) != first


def test_a_restart_goes_on_in_the_row_of_faults(tmp_path: Path) -> None:
    """A client that tries again after each restart must not meet the first fault for ever."""

    def one(name: str) -> int:
        with visiting(tmp_path / name, faults={"500": 0.5}, seed=3) as visitor:
            return visitor.http.post(f"/{STANDARD}", json={}).status_code

    def in_one_go(name: str) -> list[int]:
        with visiting(tmp_path / name, faults={"500": 0.5}, seed=3) as visitor:
            return [visitor.http.post(f"/{STANDARD}", json={}).status_code for _ in range(6)]

    row = [one("restarted") for _ in range(6)]
    assert row == in_one_go("whole")
    assert len(set(row)) == 2


def test_faults_are_texts_for_people() -> None:
    with pytest.raises(UsageError, match=re.escape("drop-after-accept (the request is recorded and runs;")):
        parse_faults(["x=1"])
