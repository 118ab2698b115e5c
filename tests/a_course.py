"""A render as an observer hears of it, at times that a test sets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from storyboard.cli.course import Course, Expected
from storyboard.plan.due import Due
from storyboard.plan.pace import Wait
from storyboard.render.observer import Activity, Progress


class Heard:
    """`saw("dawn", "running", line="…")` at the time `now`."""

    def __init__(self, *due: Due, slots: int = 2, rehearsal: bool = False) -> None:
        self.now = 0.0
        self.course = Course(Expected(due, slots, rehearsal), clock=lambda: self.now)

    def saw(self, scene: str, activity: Activity, take: int = 1, **more: Any) -> Progress:
        progress = Progress(scene, take, activity, self.now, **more)
        self.course.saw(progress)
        return progress


def due(scene: str, amount: str | None = "1.764", likely: float | None = 110, **more: Any) -> Due:
    wait = None if likely is None else Wait(likely * 2 / 3, likely, likely * 3 / 2)
    return Due(scene, amount=None if amount is None else Decimal(amount), wait=wait, **({"take": 1} | more))


def mid_flight() -> Heard:
    """Four scenes, two at a time: one is done, two are at fal, one waits."""
    heard = Heard(due("dawn"), due("wheel", "2.268", 130), due("sill", "1.512"), due("tea", "2.016"))
    for scene in ("dawn", "wheel"):
        heard.saw(scene, "uploading")
        heard.saw(scene, "queued", position=1)
    for scene in ("sill", "tea"):
        heard.saw(scene, "waiting")
    heard.now = 61.2
    heard.saw("wheel", "running", line="Drawing 3 shots at 1280x720")
    heard.now = 98.0
    heard.saw("dawn", "verified")
    heard.saw("sill", "uploading")
    heard.now = 99.0
    heard.saw("sill", "queued", position=3)
    heard.now = 105.5
    return heard


def in_trouble() -> Heard:
    """One failed and cost nothing, the answer for one is looked for, one was lost, one has no price."""
    heard = Heard(due("dawn"), due("wheel", "2.268"), due("sill", "1.512"), due("tea", None), slots=4)
    for scene in ("dawn", "wheel", "sill", "tea"):
        heard.saw(scene, "sending")
        heard.saw(scene, "running")
    heard.now = 20.0
    heard.saw("dawn", "failed", line="HTTP 422: \x1b[31mno\nface\x07 found", free=True)
    heard.saw("wheel", "looking", line="the connection broke off")
    heard.saw("sill", "unknown", line="the connection broke off")
    heard.now = 200.0
    heard.saw("tea", "trouble", line="HTTP 503")
    return heard


def many(scenes: int = 300, at_a_time: int = 40) -> Heard:
    """As many as a film may have: a third is done, as many are at fal as the account may."""
    names = [f"scene-{number:03}" for number in range(scenes)]
    heard = Heard(*(due(name, "0.84", 90) for name in names), slots=at_a_time)
    for name in names:
        heard.saw(name, "waiting")
    for number, name in enumerate(names[: scenes // 3 + at_a_time]):
        heard.now += 0.5
        heard.saw(name, "queued", position=number % 7)
    for name in names[: scenes // 3]:
        heard.now += 1.0
        heard.saw(name, "verified")
    return heard


def wide() -> Heard:
    """Ids of any script, and what no terminal should be sent."""
    heard = Heard(due("晨光"), due("🎬-start"), due("a\x1b[2Jb\u202e"), slots=3)
    heard.saw("晨光", "running", line="加载模型 37%")
    heard.saw("🎬-start", "running", line="loading")
    heard.saw("a\x1b[2Jb\u202e", "queued", position=12, take=1)
    heard.now = 3.0
    return heard
