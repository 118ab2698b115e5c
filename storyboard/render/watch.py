"""One request while it is waited for: when it is asked about, and what is made of what fal says."""

from __future__ import annotations

from msgspec import Struct

from storyboard.fal import queue
from storyboard.fal.errors import OddAnswer
from storyboard.ledger.record import Submission
from storyboard.render.news import News
from storyboard.render.stage import Stage, Teller

GROWTH = 1.25


class Watch(Struct):
    """`good` is when fal last said something that leads on; that it is done, without a usable result, does not, and
    must come to an end. `asked` is when it was last asked; `believed`, whether a stream's "done" was acted upon."""

    stage: Stage
    submission: Submission
    teller: Teller
    good: float
    asked: float
    known: bool = False
    believed: bool = False
    told: int = 0
    wait: float = 0.0

    async def pause(self, news: News) -> None:
        """Until the next question is due: at news at once, else patiently, and more so while fal tells by itself."""
        world, patience = self.stage.world, self.stage.patience
        while True:
            first, longest = patience.pauses
            self.wait = min(self.wait * GROWTH, longest) or first
            woken = await news.pause(world.jitter(self.wait))
            if woken or world.elapsed() - self.asked >= news.enough_for():
                return

    def hear(self, status: queue.Status, before: int = 0) -> None:
        """A status, asked for or streamed, with the log lines after the first `before`: what is new is passed on."""
        self.known = True
        self.teller.tell("running" if status.phase != "queued" else "queued", position=status.position)
        for line in status.lines[max(self.told - before, 0) :]:
            self.teller.tell("running", line=line)
        self.told = max(self.told, before + len(status.lines))
        if status.phase != "done":
            self.good = self.stage.world.elapsed()

    async def look(self, news: News) -> queue.Result | None:
        """The result, or None while there is none yet. A stream that says that the request is done is taken at its
        word once: the result is asked for without asking for the status before."""
        self.asked = self.stage.world.elapsed()
        if news.done and not self.believed:
            self.believed = True
            return await queue.result(self.stage.wire, self.submission)
        status = await queue.status(self.stage.wire, self.submission)
        self.hear(status)
        if status.phase != "done":
            return None
        result = await queue.result(self.stage.wire, self.submission)
        if result is None:
            raise OddAnswer("fal says that the request is done, and that its result is not there yet.")
        return result
