"""The clips: what is drawn for a body, and the drawing, each file once by what it is drawn from."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.catalog.endpoints import Endpoint
from storyboard.sandbox.charges import audio_of, prompts_of, shot_seconds
from storyboard.sandbox.state import State
from storyboard.sandbox.stills import fact_of, file_of, film_length

if TYPE_CHECKING:
    from storyboard.media.moving_still import MovingStill

REHEARSAL_HEIGHT = 1080  # 4k clips are drawn at this height unless the settings ask for full size
CAPTION_CHARACTERS = 120
SPOKEN = re.compile(r'[^.!?。\n"]{1,60}: "[^"\n]+"')
LABEL = re.compile(r"^(?:Scene|Subject motion|Camera|Important details|Elements|Audio|Constraints): ")
HAPPENS = re.compile(r"^Subject motion: (.+)$", re.MULTILINE)
FPS = 24
MOVES = (
    "push",
    "pan-right",
    "pull",
    "pan-left",
    "tilt-up",
    "tilt-down",
)  # in turn, of shots that ask for none


class Drawing(Struct, frozen=True):
    """Everything that a clip's frames depend on."""

    shots: tuple[MovingStill, ...]
    size: tuple[int, int]
    audio: bool

    def digest(self) -> str:
        """SHA-256 over the shots, with the stills' content in place of their names."""
        from storyboard.media import burn_in, moving_still

        look = f"{moving_still.LOOK} {burn_in.LOOK}"
        hashing = hashlib.sha256(f"{look} {self.size} {self.audio}".encode())
        for shot in self.shots:
            stills = [_content(path) for path in (shot.still, shot.end_still)]
            row = (stills, shot.seconds, shot.move, shot.caption, shot.slate)
            hashing.update(repr(row).encode("utf-8", "surrogatepass"))
        return hashing.hexdigest()


def _content(path: Path | None) -> str | None:
    if path is None:
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def drawing_of(endpoint: Endpoint, body: Mapping[str, Any], state: State, *, full_size: bool) -> Drawing:
    """What is to be drawn for a body that passed validation."""
    from storyboard.media.camera_words import asked_move
    from storyboard.media.moving_still import MovingStill

    start, end, film = (
        _file(endpoint, body, name, state) for name in ("start_image_url", "end_image_url", "video_url")
    )
    length = film_length(endpoint, body, state)
    lengths: Sequence[float] = shot_seconds(body) if length is None else [float(length)]
    prompts = prompts_of(body)
    spare = itertools.cycle(MOVES)
    shots = tuple(
        MovingStill(
            still=start,
            seconds=seconds,
            move=asked_move("", prompt) or next(spare),
            caption=shortened(gist(prompt)),
            slate=f"shot {index} of {len(lengths)}",
            end_still=end,
        )
        for index, (seconds, prompt) in enumerate(zip(lengths, prompts, strict=True), 1)
    )
    height = endpoint.height if full_size else min(endpoint.height, REHEARSAL_HEIGHT)
    return Drawing(shots, frame_size(_ratio(start, film, body), height), audio_of(endpoint, body))


def _file(endpoint: Endpoint, body: Mapping[str, Any], name: str, state: State) -> Path | None:
    url = body.get(endpoint.wire(name)) if endpoint.takes(name) else None
    return file_of(url, state) if url else None


def gist(prompt: str) -> str:
    """What a person wants to see of a prompt: what is said, else what happens, else its beginning."""
    said = SPOKEN.search(prompt)
    if said is not None:
        return LABEL.sub("", said[0].strip())
    happens = HAPPENS.search(prompt)
    plain = [line for line in prompt.splitlines() if not LABEL.match(line)]
    return happens[1] if happens is not None else (plain[0] if plain else prompt)


def shortened(prompt: str) -> str:
    """At most CAPTION_CHARACTERS on one line, cut at a space where there is one near the end."""
    line = " ".join(prompt.split())
    if len(line) <= CAPTION_CHARACTERS:
        return line
    cut = line[: CAPTION_CHARACTERS - 2]
    space = cut.rfind(" ", len(cut) * 3 // 4)
    return (cut[:space] if space > 0 else cut) + " …"


def _ratio(start: Path | None, film: Path | None, body: Mapping[str, Any]) -> Decimal:
    """Width over height: the start image's, or what the body asks for where there is none; the film's where it asks for
    nothing."""
    asked = body.get("aspect_ratio") or "auto"
    shape = start or (film if asked == "auto" else None)
    if shape is not None:
        fact = fact_of(shape)
        if fact.width and fact.height:
            turned = fact.orientation >= 5  # noqa: PLR2004 - EXIF: 5 to 8 lie on their side
            ratio = Decimal(fact.width) / fact.height
            return 1 / ratio if turned else ratio
    width, _, height = ("16:9" if asked == "auto" else asked).partition(":")
    return Decimal(width) / Decimal(height)


def frame_size(ratio: Decimal, height: int) -> tuple[int, int]:
    """Even numbers; the shorter side is the endpoint's nominal height."""
    longer = round(height * max(ratio, 1 / ratio) / 2) * 2
    return (longer, height) if ratio >= 1 else (height, longer)


class ClipDrawer:
    """Draws in threads, at most two clips at once, so that the event loop answers at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for abandoned in folder.glob(".*.part.mp4"):
            abandoned.unlink()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="clip")
        self._drawn: dict[str, asyncio.Lock] = {}

    async def clip_of(self, drawing: Drawing) -> Path:
        """The finished file. Two requests for the same clip wait for one drawing; cancelling stops it."""
        loop = asyncio.get_running_loop()
        name = await loop.run_in_executor(None, drawing.digest)
        path = self.folder / f"{name}.mp4"
        async with self._drawn.setdefault(name, asyncio.Lock()):
            if not path.exists():
                stop = threading.Event()
                try:
                    await loop.run_in_executor(self._threads, _draw, drawing, path, stop)
                finally:
                    stop.set()
        return path

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)


def _draw(drawing: Drawing, path: Path, stop: threading.Event) -> None:
    from storyboard.media.moving_still import draw_clip

    draw_clip(drawing.shots, path, size=drawing.size, fps=FPS, audio=drawing.audio, stop=stop.is_set)
