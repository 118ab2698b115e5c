"""The key and the hosts: whole and unprinted, and sent to nobody but fal."""

from __future__ import annotations

from typing import Any

import pytest
from asked_of_fal import CANARY

from storyboard.errors import UsageError
from storyboard.fal.account import Account, account_from
from storyboard.fal.errors import MalformedKey, MissingKey, OddAnswer
from storyboard.fal.hosts import media_url, moved, queue_url, submission
from storyboard.secret import Secret

FAL = Account(Secret("id:secret"))


# --- the key ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (CANARY + "\n", "line break at the end"),
        (" " + CANARY, "blank at the beginning"),
        (CANARY[:5] + "\n" + CANARY, "within"),
        ("“" + CANARY + "”", "no key has"),
        (CANARY + "\x00", "control character"),
    ],
)
def test_a_malformed_key_is_named_and_not_printed(key: str, words: str) -> None:
    with pytest.raises(MalformedKey, match=words) as raised:
        account_from({"FAL_KEY": key})
    assert "canary" not in str(raised.value)
    assert raised.value.exit_code == 4


def test_the_key_comes_whole_or_in_halves() -> None:
    for environment in ({"FAL_KEY": CANARY}, {"FAL_KEY_ID": "canary1234", "FAL_KEY_SECRET": "canary5678"}):
        account = account_from(environment)
        assert account.needed_key().reveal() == CANARY
        assert "canary" not in f"{account!r} {account}"
    with pytest.raises(MissingKey, match=r"https://fal\.ai/dashboard/keys"):
        account_from({}).needed_key()


@pytest.mark.parametrize(
    "url",
    ["http://fal.example", "ftp://127.0.0.1", "https://user@fal.example", "https://fal.example?x", "//", "x"],
)
def test_a_base_url_is_https_or_loopback(url: str) -> None:
    with pytest.raises(UsageError, match="STORYBOARD_FAL_URL"):
        account_from({"STORYBOARD_FAL_URL": url, "FAL_KEY": CANARY})


@pytest.mark.parametrize(
    ("url", "sent"),
    [("http://127.0.0.1:8000/", CANARY), ("http://[::1]:8", CANARY), ("http://localhost:8", CANARY),
     ("https://a.b", "rehearsal"), ("https://10.0.0.1", "rehearsal")],
)  # fmt: skip
def test_the_real_key_leaves_the_machine_for_fal_only(url: str, sent: str) -> None:
    account = account_from({"STORYBOARD_FAL_URL": url, "FAL_KEY": CANARY})
    assert account.needed_key().reveal() == sent
    assert account.base_url == url.rstrip("/")
    named = account_from({"STORYBOARD_FAL_URL": url, "FAL_KEY": CANARY, "STORYBOARD_SANDBOX_KEY": "other"})
    assert named.needed_key().reveal() == "other"


def test_the_built_in_sandbox_gets_no_key() -> None:
    account = account_from({"FAL_KEY": CANARY}, base_url="http://127.0.0.1:8000")
    assert account.needed_key().reveal() == "rehearsal"


# --- hosts -----------------------------------------------------------------------------------------------------------

ELSEWHERE = [
    "http://queue.fal.run/x",
    "https://queue.fal.run.evil.example/x",
    "https://evil.example/queue.fal.run",
    "https://user@queue.fal.run/x",
    "https://queue.fal.run:8443/x",
    "https://evil.example\\@queue.fal.run/x",
    "https://169.254.169.254/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://[::ffff:127.0.0.1]/x",
    "file:///etc/passwd",
    "https://queue.fal.run/x\r\nHost: evil.example",
    "https://",
    "//queue.fal.run/x",
    "x" * 5000,
    None,
    7,
    ["https://queue.fal.run/x"],
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_urls_elsewhere_are_refused(url: Any) -> None:
    with pytest.raises(OddAnswer):
        queue_url(FAL, url)
    with pytest.raises(OddAnswer):
        media_url(FAL, url.replace("queue.fal.run", "v3.fal.media") if isinstance(url, str) else url)


def test_fals_own_urls_are_taken() -> None:
    assert queue_url(FAL, "https://queue.fal.run/fal-ai/x/requests/1")
    for host in ("fal.media", "v3.fal.media", "v3b.fal.media"):
        assert media_url(FAL, f"https://{host}/files/b/x.mp4")
    with pytest.raises(OddAnswer):
        media_url(FAL, "https://notfal.media/x")


def test_a_look_alike_is_asked_where_it_runs_now() -> None:
    there = Account(Secret("x"), "http://127.0.0.1:9000")
    assert moved(there, "http://127.0.0.1:8000/files/a.mp4?x=1") == "http://127.0.0.1:9000/files/a.mp4?x=1"
    assert moved(FAL, "https://queue.fal.run/x") == "https://queue.fal.run/x"


def test_urls_that_were_lost_have_owner_and_app_only() -> None:
    built = submission(FAL, "fal-ai/kling-video/v3/standard/image-to-video", "abc")
    assert built.status_url == "https://queue.fal.run/fal-ai/kling-video/requests/abc/status"
