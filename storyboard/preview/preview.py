"""All of one preview: what was seen last, what is shown, and the work that the page asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from storyboard.errors import Refused
from storyboard.preview.buying import Bought, Buying
from storyboard.preview.drawing import Drawing, Drawn
from storyboard.preview.events import Events
from storyboard.preview.film import Film, Offer, Seen, Served
from storyboard.preview.live import Live
from storyboard.preview.looking import Looking
from storyboard.preview.panel import Panel


class Preview:
    """Used in the event loop's thread alone. `source` is the storyboard's file, `aside` a folder for what is drawn, and
    `now` the clock of the wall."""

    def __init__(self, film: Film, source: Path, aside: Path, now: Callable[[], datetime]) -> None:
        self.film, self._now = film, now
        self.panel = Panel.read()
        self.events = Events()
        self.live = Live(self.events)
        self.looking = Looking(film, source, self._saw)
        self.buying = Buying(film, self._bought)
        self.drawing = Drawing(film, aside, self._drew)
        self.seen: Seen | None = None
        self.shown: Seen | None = None  # the last good one, or the first of all
        self._good: datetime | None = None

    @property
    def offer(self) -> Offer | None:
        """The plan that can be agreed to now."""
        return self.seen.offer if self.seen is not None and self.seen.good else None

    @property
    def media(self) -> Mapping[str, Served]:
        """All that the page may ask for, by name."""
        found = dict(self.shown.media) if self.shown is not None else {}
        for work in (self.drawing.drawn, self.buying.bought):
            if work is not None and work.made is not None:
                found[f"{work.made.name}.mp4"] = Served(work.made.path, work.made.name)
        return found

    def page(self, token: str) -> str:
        """As it stands. Only once something was seen."""
        assert self.shown is not None  # noqa: S101 - whoever asks has waited for the first look
        own = {name: part.html for name, part in self.live.own.items()}
        body = self.panel.body(token, self.live.revision, own)
        return self.film.page(self.shown, self.panel.script, self.panel.style, body)

    def confirm(self) -> str:
        """The plan as it is shown to be agreed to. Raises Refused when there is none."""
        if self.offer is None:
            why = self.seen and (self.seen.failure or (self.seen.good and self.seen.unpriced))
            raise Refused(f"There is no plan to agree to: {why or 'the storyboard has errors.'}")
        return self.panel.confirm(self.offer)

    def draw(self) -> None:
        if self.shown is None or self.shown.cut is None:
            raise Refused("The storyboard can't be read: there is nothing to draw.")
        self.drawing.draw(self.shown.cut)

    async def run(self, stop: asyncio.Event) -> Bought | None:
        """Until `stop` is set; then what is at work is stopped as Ctrl-C does. How a render ended that was."""
        try:
            await self.looking.run(stop)
        finally:
            self.drawing.give_up()
            bought = await self.buying.end()
            await self.drawing.ended()
            self.events.close()
        return bought

    def _saw(self, seen: Seen) -> None:
        self.seen = seen
        if seen.good:
            self._good = self._now()
        if seen.good or self._good is None:
            self.shown = seen
            self.live.show(seen.parts)
        self._panel()

    def _bought(self, _: Bought) -> None:
        self._panel()

    def _drew(self, _: Drawn) -> None:
        self._panel()

    def _panel(self) -> None:
        """The preview's own fragments; those that are as they were are not told."""
        if self.seen is None or self.shown is None:
            return
        bought, drawn = self.buying.bought, self.drawing.drawn
        busy = bought is not None and not bought.ended
        self.live.put(
            preview_state=self.panel.state(self.seen, self._good),
            preview_plan=self.panel.plan(self.seen, self.shown.offer, busy=busy),
            preview_work=self.panel.work(bought, self.film, _url(bought)),
            preview_animatic=self.panel.animatic(drawn, self.shown.cut, _url(drawn)),
        )


def _url(work: Bought | Drawn | None) -> str | None:
    return f"media/{work.made.name}.mp4" if work is not None and work.made is not None else None
