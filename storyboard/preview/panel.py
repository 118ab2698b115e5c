"""What the preview adds to the page, as HTML: the state, the plan and its price, the render, the animatic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from msgspec import Struct

from storyboard.folders import folder
from storyboard.preview.buying import Bought
from storyboard.preview.drawing import Drawn
from storyboard.preview.film import Film, Offer, Seen
from storyboard.report.money import exact, in_full
from storyboard.report.newest import stale_warning
from storyboard.report.plan import DECISIONS
from storyboard.report.policy import ruling_text
from storyboard.report.visible import visible
from storyboard.secret import redact

FILES = ("parts.html.j2", "preview.css", "preview.js")


class Panel(Struct, frozen=True, dict=True):
    """The texts of templates/preview."""

    parts: str
    style: str
    script: str

    @staticmethod
    def read() -> Panel:
        return Panel(
            *((folder("templates") / "preview" / name).read_text(encoding="utf-8") for name in FILES)
        )

    @cached_property
    def _made(self) -> Any:
        environment = Environment(
            loader=DictLoader({"parts": self.parts}),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_seen,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {
            "exact": exact,
            "in_full": in_full,
            "decisions": lambda offer: [*_decisions(offer)],
            "policy": ruling_text,
            "newer": stale_warning,
        }
        return environment.get_template("parts").module

    def state(self, seen: Seen, shown: datetime | None) -> str:
        """`shown` is when the last good state was seen."""
        return str(self._made.state(seen, None if shown is None else f"{shown:%H:%M:%S}"))

    def plan(self, seen: Seen, offer: Offer | None, *, busy: bool) -> str:
        """`offer` is of the last good state, when what was seen is none."""
        return str(self._made.plan(seen, offer, busy))

    def confirm(self, offer: Offer) -> str:
        return str(self._made.confirm(offer))

    def work(self, bought: Bought | None, film: Film, url: str | None) -> str:
        return str(self._made.work(bought, film.words, url))

    def animatic(self, drawn: Drawn, cut: Any, url: str | None) -> str:
        return str(self._made.animatic(drawn, cut, url, cut is not None))

    def body(self, token: str, revision: int, parts: dict[str, str]) -> str:
        return str(self._made.body(token, revision, parts))


def _decisions(offer: Offer) -> Iterator[tuple[str, int]]:
    counts = Counter(step.decision for step in offer.plan.steps)
    return ((word, counts[word]) for word in DECISIONS if counts[word])


def _seen(value: Any) -> Any:
    """Text from outside as it may be looked at; HTML of our own as it is."""
    return visible(redact(value)) if isinstance(value, str) and not hasattr(value, "__html__") else value
