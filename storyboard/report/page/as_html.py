"""The page from its facts: fragments by element id, and the whole of which they are put together."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from msgspec import Struct, field

from storyboard.plan.wording import change_in_words
from storyboard.report.money import exact
from storyboard.report.page.facts import Facts, Links
from storyboard.report.page.meters import meter_of
from storyboard.report.page.pictures import Pictures
from storyboard.report.page.ruler import ruler_of
from storyboard.report.page.totals import totals_of
from storyboard.report.visible import visible

MADE_BY = '<meta name="generator" content="storyboard report">'  # by which a page of ours is known
POLICY = {
    "default-src": "'none'",
    "img-src": "data:",
    "media-src": "'self' file: data:",
    "base-uri": "'none'",
    "form-action": "'none'",
}


class Look(Struct, frozen=True):
    """The texts of templates/report: the page, its fragments, the style and the script."""

    page: str
    parts: str
    style: str
    script: str

    @staticmethod
    def of(texts: Mapping[str, str]) -> Look:
        """From the folder's files by name."""
        return Look(texts["page.html.j2"], texts["parts.html.j2"], texts["page.css"], texts["page.js"])


class More(Struct, frozen=True):
    """What whoever serves the page adds to it. `body` is HTML that is trusted; `policy` has sources by directive."""

    script: str = ""
    style: str = ""
    body: str = ""
    policy: Mapping[str, str] = field(default_factory=dict)


NO_MORE = More()


def parts_of(facts: Facts, links: Links, look: Look) -> Mapping[str, str]:
    """HTML by element id, in the order of the page."""
    return dict(_parts(facts, links, look))


def page_of(facts: Facts, links: Links, look: Look, more: More = NO_MORE) -> str:
    """The whole page, one text by itself."""
    parts = parts_of(facts, links, look)
    style, script = look.style + more.style, look.script + more.script
    return (
        _environment(look)
        .get_template("page")
        .render(
            title=facts.title,
            made_by=MADE_BY,
            policy=_policy(style, script, more.policy),
            style=style,
            script=script,
            parts=parts,
            scenes=[parts[scene.part] for scene in facts.scenes],
            body=more.body,
        )
    )


def _parts(facts: Facts, links: Links, look: Look) -> Iterator[tuple[str, str]]:
    made: Any = _environment(look).get_template("parts").module
    pictures = Pictures(links)
    yield "head", made.head(facts)
    yield "totals", made.totals(facts, totals_of(facts))
    yield "findings", made.findings(facts)
    yield "timeline", made.timeline(facts, ruler_of(facts.strip))
    yield "filters", made.filters(facts, Counter(state for scene in facts.scenes for state in scene.states))
    for scene in facts.scenes:
        yield scene.part, made.scene(scene, pictures)
    yield "pictures", made.pictures(pictures)


@lru_cache(2)
def _environment(look: Look) -> Environment:
    environment = Environment(
        loader=DictLoader({"page": look.page, "parts": look.parts}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"exact": exact, "meter": meter_of, "in_words": change_in_words}
    return environment


def _seen(value: Any) -> Any:
    """Text from outside as it may be looked at; HTML of our own as it is."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _policy(style: str, script: str, more: Mapping[str, str]) -> str:
    rules = {**POLICY, "style-src": _hash(style), "script-src": _hash(script)}
    for name, sources in more.items():
        rules[name] = f"{rules[name]} {sources}" if name in rules else sources
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
