"""A page as tests read it: its elements, their texts, and whatever in it could run or reach out."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from a_plan import still

VOID = {"meta", "input", "img", "br", "link", "hr", "source"}

FILM = """
storyboard: 1
title: Two at a table
endpoint: kling-v3-standard
prices: seeds
budget: 9.00
elements:
  potter:
    name: the potter
    frontal_image: stills/potter.png
    reference_images: [stills/side.png]
  cat: {name: the cat, description: grey and slow}
defaults:
  prompt: {important_details: 35mm}
scenes:
  - id: dawn
    start_image: stills/dawn.png
    shots:
      - wide 4s: "@potter enters, @cat looks up"
      - id: hands
        duration: 3
        note: on the beat
        prompt: {camera: slow push, subject_motion: "@potter sits down"}
        dialogue:
          - potter (softly): there you are
          - a long silence
  - id: turn
    endpoint: kling-v3-4k
    generate_audio: false
    start_image: stills/dawn.png
    end_image: stills/noon.png
    duration: 5
    prompt: the light goes round
cut:
  title: {text: Two, duration: 2}
  transitions:
    - {from: dawn, to: turn, kind: dissolve, duration: 0.5}
"""


def project(folder: Path, text: str = FILM) -> Path:
    """A folder with that storyboard and stills that differ."""
    (folder / "stills").mkdir(parents=True)
    for shade, name in enumerate(("potter", "side", "dawn", "noon")):
        still(folder, f"stills/{name}.png", shade=40 * shade)
    (folder / "storyboard.toml").write_text("", encoding="utf-8")
    (folder / "storyboard.yaml").write_text(text, encoding="utf-8")
    return folder


@dataclass
class Node:
    """An element: its tag, attributes, children and own words in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)

    @property
    def children(self) -> list[Node]:
        return [each for each in self.inside if isinstance(each, Node)]

    @property
    def text(self) -> str:
        words = (each if isinstance(each, str) else each.text for each in self.inside)
        return re.sub(r"\s+", " ", "".join(words)).strip()

    @property
    def raw(self) -> str:
        return "".join(each if isinstance(each, str) else each.raw for each in self.inside)

    def all(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.all()

    def having(self, **wanted: str) -> list[Node]:
        """Those below it with these attributes; `class_` is one class of several, `tag` the tag."""
        return [each for each in self.all() if each.fits(wanted)]

    def fits(self, wanted: dict[str, str]) -> bool:
        for name, value in wanted.items():
            has = {
                "tag": [self.tag],
                "class_": self.attributes.get("class", "").split(),
            }.get(name, [self.attributes.get(name.replace("_", "-"))])
            if value not in has:
                return False
        return True

    def one(self, **wanted: str) -> Node:
        [found] = self.having(**wanted)
        return found

    def skeleton(self, depth: int = 0) -> Iterator[str]:
        """What it is made of without what it says: tags, ids and classes."""
        names = "".join(f".{name}" for name in self.attributes.get("class", "").split())
        id_ = self.attributes.get("id", "")
        yield "  " * depth + self.tag + (f"#{id_}" if id_ else "") + names
        for child in self.children:
            yield from child.skeleton(depth + 1)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(html: str) -> Node:
    """The page as a tree; fails when an element is not closed where it should be."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert [node.tag for node in reader.open] == [""]
    return reader.root


REACHING = {"src", "href", "poster", "action", "formaction", "data", "srcset", "background", "ping", "cite"}
INSIDE = ("data:image/jpeg;base64,", "data:video/mp4;base64,", "#", "./")


def harmless(page: Node) -> None:
    """Nothing but our own script and style can run, nothing is fetched from elsewhere, and an id names one element."""
    policy = page.one(http_equiv="Content-Security-Policy").attributes["content"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    for kind in ("script", "style"):
        own = page.one(tag=kind)
        digest = base64.b64encode(hashlib.sha256(own.raw.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    ids = [each.attributes["id"] for each in page.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    for each in page.all():
        assert each.tag not in {"iframe", "object", "embed", "base", "link", "frame"}, each.tag
        for name, value in each.attributes.items():
            assert not name.startswith("on"), f"<{each.tag} {name}>"
            assert name != "style", f"<{each.tag} style>"
            assert name not in REACHING or value.startswith(INSIDE), f"<{each.tag} {name}={value[:80]!r}>"
