"""The project's policy and the budgets of scenes and shots: read with places, judged on plain values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from a_plan import Bench, bench, plan, request
from bought import bought as bought_take
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storyboard.catalog.endpoints import Endpoint, catalog
from storyboard.cli.caps import held_to_caps
from storyboard.cli.inputs import prepare
from storyboard.compile.request import Request, RequestShot
from storyboard.diagnostics import Span
from storyboard.errors import Refused
from storyboard.ledger.given_up import FOUND_AFTER_ALL, NOTHING_BOUGHT
from storyboard.ledger.record import Intent, State, Submission, TakeRecord
from storyboard.plan.budget import Budget, Payment
from storyboard.plan.policy import Caps, approved, ruling
from storyboard.plan.spending import Month, Spent, month_at
from storyboard.read.model import Placed
from storyboard.read.nodes import Scalar
from storyboard.read.policy import Policy
from storyboard.read.source import Source
from storyboard.read.tables import Stated

__all__ = ["bench"]

GOLDEN = Path(__file__).parent / "golden" / "policy"
STANDARD = "fal-ai/kling-video/v3/standard/text-to-video"
FOUR_K = "fal-ai/kling-video/v3/4k/text-to-video"
HERE = Span("storyboard.toml", 2, 1, 2, 12)
NODE = Scalar(Source("storyboard.yaml", "a:\n  0.5"), 5, 8, "0.5")
FILM = """
storyboard: 1
endpoint: kling-v3-standard-text
prices: observed-2026-10
defaults: {generate_audio: false, duration: 5}
scenes:
  - {id: dawn, prompt: reeds in the wind}
"""


def project(folder: Path, *lines: str, text: str = FILM) -> Path:
    (folder / "storyboard.yaml").write_text(text, encoding="utf-8")
    (folder / "storyboard.toml").write_text("\n".join(["[policy]", *lines, ""]), encoding="utf-8")
    return folder


WRONG = {
    "max_pre_run = '1'": ("SB602", "did you mean `max_per_run`?"),
    "max_per_run = '12 USD'": ("SB603", '"20.00"'),
    "max_per_run = -1": ("SB603", '"20.00"'),
    "max_per_run = 1e3": ("SB603", '"20.00"'),
    "max_per_run = nan": ("SB603", '"20.00"'),
    "max_per_run = true": ("SB603", '"20.00"'),
    "max_per_month = [1]": ("SB603", '"20.00"'),
    "endpoints = 'kling-v3-4k'": ("SB603", "a list of endpoints"),
    "endpoints = [3]": ("SB603", "a list of endpoints"),
    "approval = ['kling-v3-4K']": ("SB603", "did you mean `kling-v3-4k`?"),
    "api_key = 'x'": ("SB602", "environment alone"),
    "max_per_run = 1e99999999999999999999": ("SB601", "TOML"),
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_policy_is_said_at_its_place_and_nothing_goes(
    line: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    code, cure = WRONG[line]
    ended = run("check", project(tmp_path, line))
    assert (ended.code, cure in ended.out) == (1, True), ended.out
    assert re.search(rf"storyboard\.toml:{1 if code == 'SB601' else 2}:1: error\[{code}\]", ended.out)
    assert run("plan", tmp_path).code == 1
    assert run("render", tmp_path, "--yes").code == 1


def test_a_table_that_is_none(tmp_path: Path, run: Callable[..., Any]) -> None:
    folder = project(tmp_path)
    (folder / "storyboard.toml").write_text("[polcy]\n", encoding="utf-8")
    assert "did you mean `policy`?" in run("check", folder).out
    (folder / "storyboard.toml").write_text("policy = 3\n", encoding="utf-8")
    assert "`policy` has to be a table: `[policy]`" in run("check", folder).out


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("max_per_run = '0.42'", 0),
        ("max_per_run = 0.42", 0),
        ("max_per_run = 0.420", 0),
        ("max_per_run = 1", 0),
        ("max_per_run = 1_0.0_0", 0),
        ("max_per_run = 0.419999999", 3),
        ("max_per_run = 0", 3),
        ("max_per_month = '0.42'", 0),
        ("max_per_month = '0.41'", 3),
        ("endpoints = ['kling-v3-standard-text']", 0),
        (f"endpoints = ['{STANDARD}']", 0),
        ("endpoints = ['kling-v3-standard']", 3),
        ("endpoints = []", 3),
        ("approval = ['*-4k*']", 0),
        ("approval = ['kling-v3-standard-text']", 3),
        ("", 0),
    ],
)
def test_what_a_policy_lets_through(line: str, code: int, tmp_path: Path, run: Callable[..., Any]) -> None:
    ended = run("plan", project(tmp_path, line))
    assert ended.code == code, ended.err
    assert ("Nothing was sent" in ended.err) == (code == 3)
    assert ("storyboard.toml:2:1" in ended.err) == (code == 3)


@pytest.mark.parametrize(
    ("outside", "storyboard", "policy", "code"),
    [
        ("1", "1", "1", 0),
        ("0.41", "1", "1", 3),
        ("1", "0.41", "1", 3),
        ("1", "1", "0.41", 3),
        ("0.42", "0.42", "0.42", 0),
    ],
)
def test_the_least_of_all_caps_holds(
    outside: str, storyboard: str, policy: str, code: int, tmp_path: Path, run: Callable[..., Any]
) -> None:
    folder = project(tmp_path, f"max_per_run = {policy}", text=f"budget: {storyboard}\n{FILM}")
    assert run("plan", folder, "--max-cost", outside).code == code


VIOLATED = """storyboard: 1
endpoint: kling-v3-standard-text
prices: observed-2026-10
budget: 3
defaults: {generate_audio: false, duration: 5, budget: 1.00}
scenes:
  - {id: dawn, prompt: reeds}
  - {id: turn, endpoint: kling-v3-4k-text, prompt: water}
  - {id: noon, endpoint: kling-v3-pro-text, generate_audio: true, duration: 9, prompt: heat}
  - id: walk
    budget: 2.00
    shots:
      - {id: a, duration: 4, budget: 0.30, prompt: one}
      - {id: b, duration: 3, prompt: two}
"""
POLICY = (
    "max_per_run = 2.00",
    'max_per_month = "3.00"',
    'endpoints = ["kling-v3-standard-text", "kling-v3-4k-text"]',
    'approval = ["kling-v3-4k-text"]',
)


def test_everything_that_is_broken_is_told_at_once(
    tmp_path: Path, run: Callable[..., Any], golden: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path, *POLICY, text=VIOLATED)
    monkeypatch.chdir(tmp_path)
    ended = run("plan", ".")
    now = f"{datetime.now(UTC):%Y-%m}"
    golden(GOLDEN / "broken.txt", f"{ended.out}{ended.err}exit {ended.code}\n".replace(now, "2026-11"))
    ended = run("plan", ".", "--format", "json")
    found = json.loads(ended.out)["policy"]
    text = json.dumps(found, indent=2, ensure_ascii=False).replace(now, "2026-11")
    golden(GOLDEN / "broken.json", text + "\n")
    assert ended.code == 3
    assert [each["rule"] for each in found["violations"]] == [
        "budget",
        "scene budget",
        "shot budget",
        "max_per_run",
        "max_per_month",
        "endpoints",
        "approval",
    ]


def test_a_policy_that_is_kept_is_shown(
    tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path, "max_per_run = 2", "max_per_month = 20")
    monkeypatch.chdir(tmp_path)
    ended = run("plan", ".")
    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "Policy: this run 0.42 USD of 2.00 USD; " in ended.out
    assert "(0.00 charged, 0.00 estimated)." in ended.out.replace("\n", " ")


# What a scene and a shot may cost: 5 s at 0.084, of which 2 s are the shot's.
SHOTS = "    shots: [{id: a, duration: 2, prompt: a%s}, {id: b, duration: 3, prompt: b}]\n"


@pytest.mark.parametrize(
    ("defaults", "scene", "shot", "code"),
    [
        (None, None, None, 0),
        ("0.42", None, None, 0),
        ("0.41", None, None, 3),
        ("0.41", "0.42", None, 0),
        ("0.41", "null", None, 0),
        ("1", "0.41", None, 3),
        ("1", "{{ 0.42 }}", None, 0),
        (None, None, "0.168", 0),
        (None, None, "0.167", 3),
        ("0.10", "null", "0.168", 0),
    ],
)
def test_budgets_of_scenes_and_shots(
    defaults: str | None,
    scene: str | None,
    shot: str | None,
    code: int,
    tmp_path: Path,
    run: Callable[..., Any],
) -> None:
    inherited = f", budget: {defaults}" if defaults else ""
    own = f'    budget: "{scene}"\n' if scene and scene != "null" else "    budget: null\n" if scene else ""
    text = (
        "storyboard: 1\nendpoint: kling-v3-standard-text\nprices: observed-2026-10\n"
        f"defaults: {{generate_audio: false{inherited}}}\nscenes:\n  - id: dawn\n{own}"
        + SHOTS
        % (f", budget: {shot}" if shot else "")
    )
    ended = run("plan", project(tmp_path, text=text))
    assert ended.code == code, ended.err
    digest = json.loads(run("plan", tmp_path, "--format", "json").out)["steps"][0]["request_digest"]
    plain = text.replace(inherited, "").replace(own, "").replace(f", budget: {shot}", "")
    project(tmp_path, text=plain)
    assert (
        json.loads(run("plan", tmp_path, "--format", "json").out)["steps"][0]["request_digest"] == digest
    ), "a budget is in no digest"


ONE = """
storyboard: 1
endpoint: {endpoint}
prices: observed-2026-10
scenes:
  - id: dawn
    generate_audio: {audio}
    duration: {seconds}
    budget: 0.01
    prompt: reeds
    {still}
"""


def one(endpoint: str, audio: bool, seconds: int) -> str:
    row = catalog().find(endpoint)
    still = "start_image: still.png" if row is not None and row.needs("start_image_url") else ""
    return ONE.format(endpoint=endpoint, audio=str(audio).lower(), seconds=seconds, still=still)


@dataclass
class Priced:
    """What `estimate` makes of a scene: None where it is no scene."""

    folder: Path
    run: Callable[..., Any]

    def refusal(self, *scene: Any) -> str | None:
        project(self.folder, text=one(*scene))
        ended = self.run("estimate", self.folder)
        return ended.err if ended.code == 3 else None

    def amount(self, *scene: Any) -> Decimal | None:
        project(self.folder, text=one(*scene))
        ended = self.run("estimate", self.folder, "--format", "json")
        told = json.loads(ended.out).get("scenes") or [{"amount": None}]
        return None if told[0]["amount"] is None else Decimal(told[0]["amount"])


@pytest.mark.parametrize("audio", [True, False])
@pytest.mark.parametrize("row", catalog().endpoints, ids=lambda row: row.alias)
def test_a_cure_is_named_if_it_makes_the_scene_cheaper(
    row: Endpoint, audio: bool, tmp_path: Path, run: Callable[..., Any]
) -> None:
    """Tried, for every endpoint: the storyboard with the cure in it costs less; with one that is not named it does
    not, or is none."""
    priced = Priced(tmp_path, run)
    for seconds in (row.limits.clip_seconds[0], row.limits.clip_seconds[0] + 1):
        said = priced.refusal(row.alias, audio, seconds)
        if said is None:
            assert priced.amount(row.alias, audio, seconds) is None, "only what is none is not refused"
            continue
        now = priced.amount(row.alias, audio, seconds)
        assert now is not None

        def helps(*scene: Any, now: Decimal = now) -> bool:
            then = priced.amount(*scene)
            return then is not None and then < now

        assert ("shorter" in said) == helps(row.alias, audio, seconds - 1)
        assert ("silent" in said) == helps(row.alias, False, seconds)
        others = [
            each.alias
            for each in catalog().endpoints
            if each.needs("start_image_url") == row.needs("start_image_url")
        ]
        assert ("a cheaper endpoint" in said) == any(helps(other, audio, seconds) for other in others)
        assert "aise the budget." in said


SOUND = "generate_audio: true, "
SHOT = "shots: [{{id: a, duration: {}, budget: 0.01, prompt: a}}, {{id: b, duration: {}, prompt: b}}]"
CURES = [
    # endpoint, sound, the length or the shots; shorter or silent, another endpoint
    ("standard-text", "", "duration: 3", ""),
    ("standard-text", "", "duration: 4", "make it shorter"),
    ("standard-text", SOUND, "duration: 3", "make it silent, give it a cheaper endpoint"),
    ("standard-text", SOUND, "duration: 4", "make it shorter or silent, give it a cheaper endpoint"),
    ("4k-text", SOUND, "duration: 3", "give it a cheaper endpoint"),
    ("standard-text", "", SHOT.format(1, 4), ""),
    ("standard-text", "", SHOT.format(2, 1), "make it shorter"),
    ("pro-text", SOUND, SHOT.format(1, 2), "make its scene silent, give its scene a cheaper endpoint"),
]


@pytest.mark.parametrize(("endpoint", "sound", "shots", "cure"), CURES)
def test_the_cure_of_a_scene_or_a_shot_that_is_too_dear(
    endpoint: str, sound: str, shots: str, cure: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    own = "" if "budget" in shots else "budget: 0.01, "
    scene = f"{{id: dawn, {own}endpoint: kling-v3-{endpoint}, {sound}{shots}, prompt: {{scene: reeds}}}}"
    text = FILM.replace(", duration: 5", "").replace("{id: dawn, prompt: reeds in the wind}", scene)
    ended = run("plan", project(tmp_path, text=text))
    said = f"{cure}, or raise the budget." if cure else "raise the budget."
    told = ended.err.rstrip("\n").partition(" Nothing was sent. ")[2]
    assert (ended.code, told) == (3, f"{said[0].upper()}{said[1:]}")


@pytest.mark.parametrize(
    ("line", "scenes", "cure"),
    [
        ("max_per_run = 0.50", 2, "Raise `max_per_run` there, or leave scenes out with --scene or --select."),
        ("max_per_run = 0.41", 2, "Raise `max_per_run` there."),
        ("max_per_run = 0.41", 1, "Raise `max_per_run` there."),
        ("max_per_month = 0.41", 1, "Raise `max_per_month` there."),
        ("endpoints = []", 1, "Add theirs to `endpoints` there."),
    ],
)
def test_scenes_are_left_out_only_where_that_helps(
    line: str, scenes: int, cure: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    more = "".join(f"  - {{id: s{n}, prompt: reeds {n}}}\n" for n in range(1, scenes))
    ended = run("plan", project(tmp_path, line, text=FILM + more))
    assert (ended.code, ended.err.rstrip("\n").partition(" Nothing was sent. ")[2]) == (3, cure)


def test_a_lost_take_without_a_price_is_settled_and_not_priced_anew() -> None:
    policy = Policy(max_per_run=Stated(Decimal(9), HERE))
    paying, held = [payment(1, STANDARD, Decimal(1))], [("noon", None)]
    found = ruling("It is", paying, Caps(least(Decimal(9)), policy), held=held).violations
    assert [each.cure for each in found] == ["`storyboard reconcile` settles them."] * 2


def test_what_has_no_price_is_refused_under_any_cap(tmp_path: Path, run: Callable[..., Any]) -> None:
    unpriced = FILM.replace("observed-2026-10", "seeds")  # which has no text endpoints
    assert run("plan", project(tmp_path, text=unpriced)).code == 0
    for lines, text in (
        (["max_per_run = 1000"], unpriced),
        (["max_per_month = 1000"], unpriced),
        ([], unpriced.replace("{id: dawn", "{budget: 1000, id: dawn")),
    ):
        ended = run("plan", project(tmp_path, *lines, text=text))
        assert (ended.code, "no price for dawn" in ended.err) == (3, True)


def test_an_estimate_without_a_plan_is_held_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(tmp_path, *POLICY, text=VIOLATED))
    prepared = prepare(Path(), approve=["kling-v3-4k-text"])
    amounts = {"dawn": "0.42", "turn": "2.10", "noon": "1.512", "walk": "0.588"}
    paying = [Payment(each, Decimal(amounts[each.scene])) for each in prepared.requests]
    with pytest.raises(Refused) as refused:
        held_to_caps(prepared, "The estimate is", paying)
    told = str(refused.value)
    assert "The estimate is 4.62 USD" in told
    assert "storyboard.toml:3:1: the policy allows 3.00 USD a month" in told
    assert "approval" not in told, "it was given"
    held_to_caps(prepared, "The estimate is", paying[:1])


@pytest.mark.parametrize("name", ["kling-v3-4k", "fal-ai/kling-video/v3/4k/image-to-video"])
def test_approval_by_alias_or_id(name: str) -> None:
    found = Policy(approval=(Stated(("fal-ai/kling-video/v3/4k/image-to-video", FOUR_K), HERE),))
    assert found.approving(approved([name])).approval == (Stated((FOUR_K,), HERE),)


def test_an_approval_of_what_there_is_not(tmp_path: Path, run: Callable[..., Any]) -> None:
    ended = run("plan", project(tmp_path), "--approve", "kling-v3-4K")
    assert (ended.code, "did you mean `kling-v3-4k`" in ended.err) == (2, True)


# What counts in which month: sent at, as fal's clock has it; looked at on; is it in the month?
MONTHS = [
    ("2026-11-01T00:00:00.000+00:00", "2026-11-30T23:59:59+00:00", True),
    ("2026-10-31T23:59:59.999+00:00", "2026-11-01T00:00:00+00:00", False),
    ("2026-11-30T23:59:59.999+00:00", "2026-12-01T00:00:00+00:00", False),
    ("2026-12-01T00:00:00.000+00:00", "2026-11-30T23:59:59+00:00", False),
    ("2025-11-20T12:00:00.000+00:00", "2026-11-20T12:00:00+00:00", False),
    ("2028-02-29T12:00:00.000+00:00", "2028-02-01T00:00:00+00:00", True),
    (
        "2026-12-31T23:30:00.000-01:00",
        "2027-01-15T00:00:00+00:00",
        True,
    ),  # a line of another hand, in its zone
    ("2027-01-01T00:30:00.000+01:00", "2026-12-15T00:00:00+00:00", True),
    ("2026-11-20T12:00:00.000+00:00", "2026-12-01T03:00:00+09:00", True),  # still November in UTC
]


@pytest.mark.parametrize(("sent", "now", "counts"), MONTHS)
def test_a_month_is_a_calendar_month_in_utc(sent: str, now: str, counts: bool) -> None:
    found = month_at([bought_take(sent_at=sent)], datetime.fromisoformat(now))
    assert found.spent == (Spent(estimated=Decimal("1.540"), takes=1) if counts else Spent())


def test_what_was_never_sent_counts_from_when_it_was_made_known() -> None:
    take = bought_take(sent_at=None, created_at="2026-11-02T00:00:00.000+00:00", charge=Decimal("0.9"))
    assert month_at([take], datetime(2026, 11, 20, tzinfo=UTC)).spent == Spent(
        charged=Decimal("0.9"), takes=1
    )


COUNTED: list[tuple[dict[str, Any], Spent]] = [
    ({}, Spent(estimated=Decimal("1.540"), takes=1)),
    ({"charge": Decimal("1.2")}, Spent(charged=Decimal("1.2"), takes=1)),
    ({"charge": Decimal(0)}, Spent(takes=1)),
    ({"estimate": None}, Spent(unknown=1, takes=1)),
    ({"state": State.UNKNOWN}, Spent(estimated=Decimal("1.540"), takes=1)),
    ({"state": State.SENDING}, Spent(estimated=Decimal("1.540"), takes=1)),
    ({"state": State.FAILED}, Spent(estimated=Decimal("1.540"), takes=1)),
    ({"state": State.FAILED, "maybe_billed": False}, Spent()),
    ({"state": State.CANCELLED, "maybe_billed": False}, Spent()),
    ({"state": State.INTENDED, "maybe_billed": True}, Spent()),  # what was given up counts by itself
    ({"origin": "added", "request_id": None}, Spent()),
    ({"origin": "added"}, Spent(estimated=Decimal("1.540"), takes=1)),
]


@pytest.mark.parametrize(("more", "counts"), COUNTED)
def test_what_counts_as_spent(more: dict[str, Any], counts: Spent) -> None:
    assert month_at([bought_take(**more)], datetime(2026, 11, 20, tzinfo=UTC)).spent == counts


def sent(bench: Bench, key: tuple[str, int], request_id: str | None) -> TakeRecord:
    ledger = bench.ledger
    assert ledger.begin_sending(key, "{}", Decimal("0.504"), "seeds") is not None
    if request_id is None:
        return ledger.unknown(key, "the answer was lost")
    root = f"http://127.0.0.1:9/{request_id}"
    return ledger.sent(key, Submission(request_id, f"{root}/status", root, f"{root}/cancel"))


def test_an_attempt_that_was_given_up_may_be_paid_beside_the_next(bench: Bench) -> None:
    made = request(bench.project, start=None)
    key, ledger = (made.digest or "", 1), bench.ledger
    ledger.claim(Intent(*key, "dawn", made.endpoint, 3, "seeds", Decimal("0.504")))
    assert ledger.given_up() == ()
    first = sent(bench, key, None)
    ledger.reopen(key, "a person decided to send it again")
    second = sent(bench, key, "id-2")
    ledger.charged(key, None, Decimal("0.25"), "billing events")
    ledger.failed(key, "it came to nothing", maybe_billed=True)
    ledger.reopen(key, "a person decided to send it again")
    gone = ledger.given_up()
    assert [(take.sent_at, take.request_id, take.charge) for take in gone] == [
        (first.sent_at, None, None),
        (second.sent_at, "id-2", Decimal("0.25")),
    ]
    third = sent(bench, key, "id-3")
    now = datetime.fromisoformat(third.sent_at or "")
    assert month_at((*ledger.takes(), *gone), now).spent == Spent(
        charged=Decimal("0.25"), estimated=Decimal("1.008"), takes=3
    )


def test_a_refusal_and_what_was_found_after_all_are_no_second_payment(bench: Bench) -> None:
    made = request(bench.project, start=None)
    key, ledger = (made.digest or "", 1), bench.ledger
    ledger.claim(Intent(*key, "dawn", made.endpoint, 3, "seeds", Decimal("0.504")))
    ledger.refused(ledger.begin_sending(key, "{}", None, "seeds") or ledger.get(key), "HTTP 401")
    ledger.reopen(key, NOTHING_BOUGHT)
    sent(bench, key, None)
    ledger.failed(key, "written off by a person", maybe_billed=True)
    ledger.reopen(key, FOUND_AFTER_ALL)
    sent(bench, key, "id-1")
    assert ledger.given_up() == ()


def test_the_runner_judges_again_before_anything_is_sent(bench: Bench) -> None:
    """Whoever calls it, and whatever was agreed to: nobody listens at this address."""
    made = request(bench.project, start=None)
    for planned, policy, words in (
        (plan(made), Policy(max_per_run=Stated(Decimal("0.5"), HERE)), "0.50 USD a run"),
        (plan(made), Policy(max_per_month=Stated(Decimal("0.5"), HERE)), "0.50 USD a month"),
        (plan(made), Policy(endpoints=(Stated((FOUR_K,), HERE),)), "It allows kling-v3-4k-text."),
        (plan(made), Policy(approval=(Stated((STANDARD,), HERE),)), "a person's approval"),
        (plan(replace(made, budget=Placed(Decimal("0.5"), NODE))), Policy(), "storyboard.yaml:2:3"),
    ):
        with pytest.raises(Refused, match=words):
            bench.carry_out(planned, "http://127.0.0.1:9", caps=Caps(policy=policy))
    assert bench.takes() == {}


MONEY = st.decimals(0, 30, places=3)
PAYING = st.lists(st.tuples(st.sampled_from([STANDARD, FOUR_K]), MONEY | st.none()), max_size=6)
LISTS = st.none() | st.lists(st.sampled_from([STANDARD, FOUR_K]), unique=True).map(tuple)


def stated(value: Any) -> Any:
    return None if value is None else Stated(value, HERE)


def names(value: tuple[str, ...] | None) -> tuple[Stated[tuple[str, ...]], ...]:
    return () if value is None else (Stated(value, HERE),)


def least(value: Decimal | None) -> Budget | None:
    return None if value is None else Budget(value, "--max-cost")


def payment(number: int, endpoint: str, amount: Decimal | None) -> Payment:
    shots = (RequestShot("1", 3, 1, "p"),)
    made = Request(f"scene-{number}", 1, endpoint, {}, None, 3, "silent", shots, (), {}, HERE)
    return Payment(made, amount)


@given(PAYING, st.none() | MONEY, st.none() | MONEY, LISTS, LISTS, MONEY, st.none() | MONEY)
def test_a_policy_only_restricts_and_restricts_exactly(
    paying: list[tuple[str, Decimal | None]],
    run_cap: Decimal | None,
    month_cap: Decimal | None,
    allowed: tuple[str, ...] | None,
    approval: tuple[str, ...] | None,
    before: Decimal,
    budget: Decimal | None,
) -> None:
    policy = Policy(stated(run_cap), stated(month_cap), names(allowed), names(approval))
    payments = [payment(number, *each) for number, each in enumerate(paying)]
    month = Month("2026-11", Spent(charged=before, takes=1))
    found = ruling("It is", payments, Caps(least(budget), policy), month=month).violations
    alone = ruling("It is", payments, Caps(least(budget))).violations
    assert set(alone) <= set(found), "a policy allowed what was refused without it"
    amounts = [amount for _, amount in paying]
    price = None if None in amounts else sum((a for a in amounts if a is not None), Decimal(0))
    endpoints = {endpoint for endpoint, _ in paying}

    def over(cap: Decimal | None, spent: Decimal) -> bool:
        return bool(paying) and cap is not None and (price is None or price + spent > cap)

    assert {each.rule for each in found} == {
        rule
        for rule, broken in {
            "budget": over(budget, Decimal(0)),
            "max_per_run": over(run_cap, Decimal(0)),
            "max_per_month": over(month_cap, before),
            "endpoints": allowed is not None and not endpoints <= set(allowed),
            "approval": bool(endpoints & set(approval or ())),
        }.items()
        if broken
    }


POLICIES = st.builds(
    Policy,
    (st.none() | MONEY).map(stated),
    (st.none() | MONEY).map(stated),
    LISTS.map(names),
    LISTS.map(names),
)


@given(PAYING, POLICIES, POLICIES, MONEY)
def test_a_policy_within_another_breaks_what_either_would(
    paying: list[tuple[str, Decimal | None]], inner: Policy, outer: Policy, before: Decimal
) -> None:
    payments = [payment(number, *each) for number, each in enumerate(paying)]
    month = Month("2026-11", Spent(charged=before, takes=1))

    def broken(policy: Policy) -> set[str]:
        return {each.rule for each in ruling("It is", payments, Caps(policy=policy), month=month).violations}

    assert broken(inner.within(outer)) == broken(inner) | broken(outer)


def test_a_month_of_which_something_is_not_known_lets_nothing_more_through() -> None:
    take = replace(bought_take(), estimate=None)
    month = month_at([take], datetime(2026, 11, 20, tzinfo=UTC))
    policy = Policy(max_per_month=Stated(Decimal(1000), HERE))
    [found] = ruling("It is", [payment(1, STANDARD, Decimal(1))], Caps(policy=policy), month=month).violations
    assert "nobody knows what was paid in 2026-11 (UTC) for scene-1 (take 1)" in found.text
    assert "reconcile" in found.cure
    assert ruling("It is", [], Caps(policy=policy), month=month).violations == ()
