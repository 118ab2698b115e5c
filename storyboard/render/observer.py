"""What a render tells while it is at work."""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct

Activity = Literal[
    "waiting",  # for a free slot
    "following",  # the scene before: it begins with the last frame of that
    "checking",  # in fal's history, before it is paid for
    "uploading",
    "sending",
    "queued",
    "running",
    "looking",  # in fal's history, for a submit whose answer was lost
    "downloading",
    "verified",
    "unknown",
    "failed",
    "cancelled",
    "trouble",  # fal can't be reached just now; it goes on by itself
]


class Progress(Struct, frozen=True):
    """One thing that happened to a take; `elapsed` in seconds since its work began in this run. `free`: it came to its
    end, and nothing can have been bought for it."""

    scene: str
    take: int
    activity: Activity
    elapsed: float
    position: int | None = None  # requests ahead in the queue
    line: str | None = None  # of the model's log, or the reason
    free: bool = False


class Observer(Protocol):
    def saw(self, progress: Progress) -> None: ...


class Unseen:
    """For when nobody watches."""

    def saw(self, progress: Progress) -> None:
        del progress
