"""`reconcile` and `cancel` settle what PATH means and nothing else, and look before anything is paid twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rude_server import Asked, RudeServer, answer, rude_server

from storyboard.cli.inputs import prepare
from storyboard.fal.account import account_from
from storyboard.fal.hosts import submission
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import Intent, State, TakeRecord

FILM = """
storyboard: 1
endpoint: fal-ai/kling-video/v3/standard/text-to-video
defaults: {{generate_audio: false, duration: 3}}
scenes:
  - id: a
    prompt: {prompt}
"""
BODY = {"prompt": "the potter"}


@dataclass
class Desk:
    """Two films in one folder, and a fal whose history is a list."""

    project: Path
    server: RudeServer
    run: Callable[..., Any]
    history: list[dict[str, Any]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    @property
    def place(self) -> Place:
        return place_of(self.project, self.server.base_url)

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(self.place)

    def key(self, name: str) -> tuple[str, int]:
        (request,) = prepare(self.project / name).requests
        return (request.digest or "", request.take)

    def lost(self, name: str) -> TakeRecord:
        """A take of that film whose answer was lost."""
        key, ledger = self.key(name), self.ledger
        endpoint = "fal-ai/kling-video/v3/standard/text-to-video"
        ledger.claim(Intent(*key, "a", endpoint, 3, "seeds", Decimal("0.504")))
        ledger.begin_sending(key, json.dumps(BODY, separators=(",", ":")), Decimal("0.504"), "seeds")
        return ledger.unknown(key, "no answer came")

    def sent(self, name: str, request_id: str) -> TakeRecord:
        take = self.lost(name)
        account = account_from({}, self.server.base_url)
        return self.ledger.sent(take.key, submission(account, take.endpoint, request_id))

    def answers(self, asked: Asked) -> bytes:
        if "by-endpoint" in asked.path:
            rows = [
                row
                for row in self.history
                if "request_id=" not in asked.path or row["request_id"] in asked.path
            ]
            return answer(200, json.dumps({"items": rows, "has_more": False}).encode())
        if asked.method == "PUT":
            return answer(202, b'{"status": "CANCELLATION_REQUESTED"}')
        if any(name in asked.path for name in self.known):
            if "/status" in asked.path:
                return answer(200, b'{"status": "COMPLETED"}')
            return answer(499, b'{"detail": "cancelled", "error_type": "client_cancelled"}')
        return answer(404, b'{"status": "NOT_FOUND"}')


def row(request_id: str, body: Any = BODY) -> dict[str, Any]:
    sent_at = datetime.now(UTC).isoformat()
    return {"request_id": request_id, "sent_at": sent_at, "status_code": 200, "json_input": body}


@pytest.fixture
def desk(tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name, prompt in (("x.yaml", "a potter"), ("y.yaml", "a weaver")):
        (tmp_path / name).write_text(FILM.format(prompt=prompt), encoding="utf-8")
    with rude_server() as server:
        monkeypatch.setenv("STORYBOARD_FAL_URL", server.base_url)
        made = Desk(tmp_path, server, run)
        server.others = made.answers
        yield made
        assert not server.posts


@pytest.mark.parametrize("option", ["--resend=a", "--write-off=a", "--adopt=a=id-7"])
def test_another_films_scene_of_that_name_is_not_settled(desk: Desk, option: str) -> None:
    desk.history.append(row("id-7"))
    take = desk.lost("y.yaml")
    ended = desk.run("reconcile", desk.project / "x.yaml", option)
    assert ended.code == 2
    assert f"{take.digest[:12]}/1" in ended.err
    assert desk.ledger.get(take.key) == take
    assert desk.run("reconcile", desk.project / "y.yaml", option).code == 0
    assert desk.ledger.get(take.key).state is not State.UNKNOWN


def test_a_take_of_an_older_text_is_named_by_its_digest(desk: Desk) -> None:
    take = desk.lost("y.yaml")
    assert desk.run("reconcile", desk.project / "x.yaml", f"--write-off={take.digest[:12]}/2").code == 2
    assert desk.run("reconcile", desk.project / "x.yaml", f"--write-off={take.digest[:12]}/1").code == 0
    assert desk.ledger.get(take.key).state is State.FAILED


def test_cancel_stops_only_what_is_meant(desk: Desk) -> None:
    desk.known |= {"id-x", "id-y"}
    x, y = desk.sent("x.yaml", "id-x"), desk.sent("y.yaml", "id-y")
    ended = desk.run("cancel", desk.project / "x.yaml")
    assert ended.code == 0
    assert "id-y" in ended.err
    assert desk.ledger.get(x.key).state is State.CANCELLED
    assert desk.ledger.get(y.key).state is State.SENT
    assert desk.run("cancel", desk.project / "x.yaml", "a").code == 0
    assert desk.run("cancel", desk.project / "x.yaml", "b").code == 2
    assert desk.ledger.get(y.key).state is State.SENT
    assert desk.run("cancel", desk.project / "x.yaml", "id-y").code == 0
    assert desk.ledger.get(y.key).state is State.CANCELLED


def test_resend_looks_first_and_adopts(desk: Desk) -> None:
    take = desk.lost("x.yaml")
    desk.history.append(row("id-7"))
    ended = desk.run("reconcile", desk.project / "x.yaml", "--resend", "a")
    assert ended.code == 0
    assert "id-7: adopted" in ended.out
    found = desk.ledger.get(take.key)
    assert (found.state, found.request_id) == (State.SENT, "id-7")


def test_what_was_written_off_is_looked_for_before_it_is_sent_again(desk: Desk) -> None:
    take = desk.lost("x.yaml")
    path = desk.project / "x.yaml"
    assert desk.run("reconcile", path, "--write-off", "a").code == 0
    desk.history.append(row("id-7"))
    assert "adopted" in desk.run("reconcile", path, "--resend", "a").out
    assert desk.ledger.get(take.key).request_id == "id-7"


def test_a_plan_says_that_a_person_lets_it_be_sent_again(desk: Desk) -> None:
    take = desk.lost("x.yaml")
    path = desk.project / "x.yaml"
    assert "paid twice" in desk.run("reconcile", path, "--resend", "a").out
    assert desk.ledger.get(take.key).state is State.INTENDED
    (step,) = json.loads(desk.run("plan", path, "--format", "json").out)["steps"]
    assert (step["decision"], "paid twice" in step["reason"]) == ("send", True)


@pytest.mark.parametrize("rows", [[row("id-7", {"prompt": "another film"})], [row("id-7", None)], []])
def test_another_request_is_adopted_only_by_force(desk: Desk, rows: list[dict[str, Any]]) -> None:
    desk.history += rows
    desk.known.add("id-7")
    take = desk.lost("x.yaml")
    ended = desk.run("reconcile", desk.project / "x.yaml", "--adopt", "a=id-7")
    assert ended.code == 3
    assert "--force" in ended.err
    assert desk.ledger.get(take.key) == take
    assert desk.run("reconcile", desk.project / "x.yaml", "--adopt", "a=id-7", "--force").code == 0
    assert desk.ledger.get(take.key).request_id == "id-7"


def test_an_amount_that_is_not_known_is_not_zero(desk: Desk) -> None:
    take = desk.lost("x.yaml")
    desk.ledger.reopen(take.key, "for a price that nobody knows")
    desk.ledger.begin_sending(take.key, "{}", None, "seeds")
    ended = desk.run("reconcile", desk.project / "x.yaml")
    assert ended.code == 3
    assert "an unknown amount may have been spent" in ended.err
    assert "0.00 USD" not in ended.out + ended.err


@pytest.mark.parametrize(
    ("status", "refused", "cure"),
    [
        (401, "fal refused the key (HTTP 401: no)", "Check FAL_KEY against https://fal.ai/dashboard/keys"),
        (
            402,
            "fal refused the account (HTTP 402: no)",
            "Top up or unlock it at https://fal.ai/dashboard/billing",
        ),
        (
            403,
            "fal refused the account (HTTP 403: no)",
            "Top up or unlock it at https://fal.ai/dashboard/billing",
        ),
    ],
)
@pytest.mark.parametrize("command", ["reconcile", "cancel"])
def test_a_refusal_by_fal_is_told_in_words_that_hold_without_a_render(
    desk: Desk, command: str, status: int, refused: str, cure: str
) -> None:
    take = desk.sent("x.yaml", "id-x")
    desk.server.others = lambda _: answer(status, b'{"detail": "no"}')
    ended = desk.run(command, desk.project / "x.yaml")
    assert ended.code == 4
    told = f"{refused}. Nothing more is sent, and what was bought is recorded. {cure}, then run the same command again."
    assert told in ended.out + ended.err
    assert desk.ledger.get(take.key).state is State.SENT
