"""The key as a value that can't be printed, and a net under every place that words or files leave by."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from a_plan import Bench, bench
from msgspec.structs import asdict

from storyboard.cli import failures
from storyboard.cli.console import out, out_document, say
from storyboard.cli.files import write_document
from storyboard.errors import WorldError
from storyboard.fal.account import Account, account_from
from storyboard.fal.errors import MalformedKey
from storyboard.fal.world import World
from storyboard.ledger.record import Intent
from storyboard.render.observer import Progress
from storyboard.render.stage import Teller
from storyboard.secret import Secret, redact

__all__ = ["bench"]

KEY = 'canary-1f2e"3d\\:canary-secret-77'
FORMS = {
    "whole": KEY,
    "its id": KEY.partition(":")[0],
    "its secret": KEY.partition(":")[2],
    "as JSON writes it": json.dumps(KEY),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(KEY.encode()).decode().rstrip("="),
    "a header": f"Authorization: Key {KEY}",
}


@pytest.fixture(autouse=True)
def keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", KEY)


def clean(text: str) -> bool:
    return not any(form.strip('"') in text for form in FORMS.values()) and "canary" not in text


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_the_key_is_left(form: str) -> None:
    text = redact(f"before {FORMS[form]} after")
    assert clean(text)
    assert text.startswith("before")
    assert text.endswith("after")


@pytest.mark.parametrize("sink", [out, say, out_document])
@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_is_printed_holds_it(
    sink: Callable[[str], None], form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sink(f"x {FORMS[form]}")
    said = capsys.readouterr()
    assert clean(said.out + said.err)
    assert "[key]" in said.out + said.err


def test_a_document_keeps_what_is_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    """What is sent is shown as it is sent, a signed address of the author's too; a message hides its signature."""
    url = "https://cdn.example/x.png?signature=abc"
    out_document(json.dumps({"start_image_url": url}))
    assert url in capsys.readouterr().out
    assert "abc" not in redact(url)


def test_a_failure_a_bug_and_its_report_hold_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.exit_code_of(WorldError(f"fal said {KEY} at https://x.fal.media/y?identity=abc")) == 4
    said = capsys.readouterr().err
    assert clean(said)
    assert "identity=abc" not in said
    assert failures.exit_code_of(RuntimeError(f"broken by {KEY}")) == 70
    said = capsys.readouterr().err
    report = Path(said.partition("The report lies in ")[2].partition(";")[0])
    assert clean(said + report.read_text(encoding="utf-8"))
    assert report.stat().st_mode & 0o077 == 0
    report.unlink()


def test_a_bug_without_room_for_its_report_is_told_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert failures.exit_code_of(RuntimeError("broken")) == 70
    said = capsys.readouterr().err
    assert "a bug of ours (RuntimeError)" in said
    assert "could not be written (No such file or directory)" in said


def test_a_file_that_is_written_holds_no_key(tmp_path: Path) -> None:
    write_document(tmp_path / "plan.json", json.dumps({"steps": [KEY]}), "steps")
    text = (tmp_path / "plan.json").read_text(encoding="utf-8")
    assert clean(text)
    assert json.loads(text) == {"steps": ["[key]"]}


def test_progress_holds_no_key() -> None:
    seen: list[Progress] = []

    class Watcher:
        def saw(self, progress: Progress) -> None:
            seen.append(progress)

    Teller(Watcher(), World(), "dawn", 1, 0.0).tell("trouble", line=f"echoed {KEY}")
    assert clean(repr(seen))


def test_no_byte_of_the_ledger_holds_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", KEY)  # the bench has none
    ledger, key = bench.ledger, ("d" * 64, 1)
    ledger.claim(Intent(*key, "dawn", "a/b/c", 3, "seeds", Decimal(1)))
    take = ledger.begin_sending(key, "{}", Decimal(1), "seeds")
    assert take is not None
    ledger.unknown(key, f"the proxy said {KEY}")
    ledger.reopen(key, f"decided by {KEY}")
    take = ledger.begin_sending(key, "{}", Decimal(1), "seeds")
    assert take is not None
    ledger.refused(take, f"fal said {KEY}")
    ledger.admit(
        ledger.get(key).__class__(**{**asdict(ledger.get(key)), "take": 2, "intent": "x"}), f"by {KEY}"
    )
    data = b"".join(path.read_bytes() for path in bench.place.folder.rglob("*") if path.is_file())
    assert b"canary" not in data
    assert b"[key]" in data


def test_sarif_and_json_of_a_storyboard_that_quotes_the_key(tmp_path: Path, run: Callable[..., Any]) -> None:
    """Whoever pasted the key into a storyboard has it in no log of CI."""
    path = tmp_path / "storyboard.yaml"
    path.write_text(f"storyboard: 1\nscenes:\n  - id: a\n    prompt: x\n    '{KEY}': 1\n", encoding="utf-8")
    for form in ("text", "json", "github", "sarif"):
        ended = run("check", path, "--format", form)
        assert ended.code == 1
        assert clean(ended.out + ended.err), form
        if form in {"json", "sarif"}:
            json.loads(ended.out)


def test_a_log_of_the_sandbox_holds_no_key(tmp_path: Path) -> None:
    from sandboxes import TEXT, visiting

    with visiting(tmp_path / "state", log=tmp_path / "log.jsonl") as visitor:
        visitor.http.post(f"/{TEXT}?signature={KEY}", json={}, headers={"Authorization": f"Key {KEY}"})
        visitor.http.get(f"/v1/models/pricing?endpoint_id=x&token={KEY}")
    files = [tmp_path / "log.jsonl", *(tmp_path / "state").rglob("*")]
    data = b"".join(path.read_bytes() for path in files if path.is_file())
    assert b"/v1/models/pricing" in data
    assert b"canary" not in data


def test_a_secret_shows_itself_to_nobody() -> None:
    account = Account(Secret(KEY))
    assert account.key is not None
    shown = [repr(account), str(account.key), f"{account.key!r:>40}", f"{account}", "%s" % account.key]  # noqa: UP031
    assert clean("".join(shown))
    of_a_key = (pickle.dumps, copy.deepcopy, copy.copy, json.dumps)
    of_an_account = (pickle.dumps, copy.deepcopy, msgspec.to_builtins, msgspec.json.encode)
    for attempt in (
        *(partial(each, account.key) for each in of_a_key),
        *(partial(each, account) for each in of_an_account),
    ):
        with pytest.raises(TypeError) as raised:
            attempt()
        assert clean(str(raised.value))


@pytest.mark.parametrize(
    "text", [f"{KEY}\n", f" {KEY}", f"{KEY[:9]} {KEY[9:]}", f"“{KEY}”", f"{KEY}\x7f", f"{KEY}é"]
)
def test_a_key_is_validated_before_it_is_used(text: str) -> None:
    for environment in (
        {"FAL_KEY": text},
        {"STORYBOARD_FAL_URL": "http://127.0.0.1:9", "STORYBOARD_SANDBOX_KEY": text},
    ):
        with pytest.raises(MalformedKey) as raised:
            account_from(environment)
        assert clean(str(raised.value))
        assert "Nothing was sent" in str(raised.value)


def test_a_failure_of_the_wire_does_not_repeat_the_header() -> None:
    """A library's protocol error carries the header that it stumbled over."""
    import httpx

    from storyboard.fal.errors import NotReached
    from storyboard.fal.queue import asked
    from storyboard.fal.wire import Wire

    def stumble(request: httpx.Request) -> httpx.Response:
        raise httpx.LocalProtocolError(f"Illegal header value {request.headers['authorization']!r}")

    async def work() -> None:
        world = World(transport=lambda: httpx.MockTransport(stumble))
        async with Wire(Account(Secret(KEY)), world) as wire:
            await asked(wire, "GET", "https://api.fal.ai/v1/x", tries=1)

    with pytest.raises(NotReached) as raised:
        asyncio.run(work())
    assert clean(str(raised.value))
