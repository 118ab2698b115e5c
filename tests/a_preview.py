"""A preview that serves on loopback in this process, and somebody who visits it as a browser would."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from canary import WATCH

from storyboard.cli.inputs import Asked
from storyboard.cli.page_facts import look
from storyboard.cli.preview_film import PreviewFilm
from storyboard.cli.preview_look import Looker
from storyboard.listening import bind
from storyboard.location import locate
from storyboard.preview.access import TOKEN, Access
from storyboard.preview.buying import Bought
from storyboard.preview.preview import Preview
from storyboard.preview.serve import served

Parts = dict[str, str]


@dataclass
class Visit:
    """Let in by the address that was printed. `ended` is what `served` gave back, after the context."""

    access: Access
    http: httpx.Client
    page: str = ""
    ended: list[Bought | None] = field(default_factory=list)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.access.port}{self.access.root}"

    @property
    def own(self) -> dict[str, str]:
        """The headers that our own page sends."""
        return {TOKEN: self.access.token, "origin": f"http://127.0.0.1:{self.access.port}"}

    @property
    def revision(self) -> int:
        found = re.search(r'data-revision="(\d+)"', self.page)
        assert found
        return int(found[1])

    def open(self) -> str:
        answer = heard_of(self.http.get(self.access.address))
        assert answer.status_code == 200, answer.text
        self.page = answer.text
        return self.page

    def get(self, path: str, **headers: str) -> httpx.Response:
        return heard_of(self.http.get(self.root + path, headers=headers))

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return heard_of(self.http.post(self.root + path, json=body, headers={**self.own, **headers}))

    def plan(self) -> str:
        """The digest of the plan that is shown to be agreed to."""
        answer = self.get("plan")
        found = re.search(r'data-plan="([0-9a-f]{64})"', answer.text)
        assert found, answer.text
        return found[1]

    @contextmanager
    def listening(self, since: int | None = None) -> Iterator[Iterator[Parts]]:
        """Fragments as they are told; a test that waits for one in vain fails by the client's timeout."""
        asked = f"events?since={self.revision if since is None else since}"
        with self.http.stream("GET", self.root + asked) as stream:
            assert stream.status_code == 200
            lines = map(heard_line, stream.iter_lines())
            yield (json.loads(line[6:])["parts"] for line in lines if line.startswith("data: "))


def heard_of(answer: httpx.Response) -> httpx.Response:
    """Whatever the preview answers, the key is not in it."""
    WATCH.listen(answer.content + str(answer.headers).encode(), f"the answer to {answer.url}")
    return answer


def heard_line(line: str) -> str:
    WATCH.listen(line, "an event of the preview")
    return line


def heard(parts: Iterator[Parts], name: str, *words: str) -> str:
    """The fragment of that name, as soon as it says these words."""
    for told in parts:
        text = told.get(name, "")
        if text and all(word in text for word in words):
            return text
    raise AssertionError(f"{name} never said {words}")


def film_of(
    path: Path, asked: Asked | None = None, *, sandbox: bool = True, kind: type[PreviewFilm] = PreviewFilm
) -> PreviewFilm:
    return kind(Looker(path, locate(path).source, asked or Asked(), sandbox, look()))


@contextmanager
def previewing(
    path: Path, asked: Asked | None = None, *, sandbox: bool = True, kind: type[PreviewFilm] = PreviewFilm
) -> Iterator[Visit]:
    film = film_of(path, asked, sandbox=sandbox, kind=kind)
    aside = path.parent / "aside"
    aside.mkdir(exist_ok=True)
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = threading.Event()
    with bind(0, "a test") as listening, httpx.Client(trust_env=False, timeout=10) as http:
        visit = Visit(Access(listening.getsockname()[1]), http)

        async def serve() -> None:
            stop = asyncio.Event()
            begun.append((asyncio.get_running_loop(), stop))
            ready.set()
            previewed = Preview(
                film, film.looker.source, aside, lambda: datetime(2026, 11, 27, 12, tzinfo=UTC)
            )
            visit.ended.append(await served(previewed, listening, visit.access, stop))

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        ready.wait()
        try:
            visit.open()
            yield visit
        finally:
            loop, stop = begun[0]
            if not loop.is_closed():
                loop.call_soon_threadsafe(stop.set)
            thread.join(30)
            assert not thread.is_alive(), "the preview does not end"
