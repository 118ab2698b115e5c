"""The examples and the starter: what their READMEs promise, and the films that come of them, looked at."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import av
import jsonschema
import numpy as np
import pytest
from PIL import Image

from storyboard.catalog.endpoints import catalog
from storyboard.folders import folder

EXAMPLES = Path(__file__).parent.parent / "examples"
FPS = 24
THUMBNAIL = (32, 18)
UNLETTERED = slice(5, 12)  # rows of a thumbnail: slates and cameras stand above, captions below
PARTS = np.arange(1, 0.45, -0.05)  # of a still, that a move and the size of a shot may leave of it
PLACES = 7  # across and down, where such a part is looked for
ALIKE, APART = 0.65, 0.2  # correlation with one's own still amid a shot; how much less with any other
NEARER = 0.05  # the same at its edges, where a move has gone furthest

Picture = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Scene:
    """As a reader of the storyboard counts it: the seconds of its shots, the frames it shares with the next."""

    id: str
    still: str
    shots: tuple[int, ...]
    dissolve: int = 0
    end_still: str | None = None


@dataclass(frozen=True)
class Example:
    name: str
    total: str
    scenes: tuple[Scene, ...]
    heard: bool = False
    warnings: tuple[str, ...] = ()
    starter: bool = False

    def into(self, home: Path) -> Path:
        """A project of its own, with nothing that an earlier render left behind."""
        project = home / self.name
        if self.starter:
            ended = storyboard("init", project, "--starter", self.name)
            assert ended.returncode == 0, ended.stderr
        else:
            left = shutil.ignore_patterns("*.mp4", ".storyboard", "storyboard.lock")
            shutil.copytree(EXAMPLES / self.name, project, ignore=left)
        return project


STARTER = Example(
    "basic",
    "1.68",
    (Scene("morning", "morning", (3, 3)), Scene("evening", "evening", (4,))),
    starter=True,
)
POTTER = Example(
    "potters-morning",
    "7.56",
    (
        Scene("dawn", "dawn", (4, 3)),
        Scene("wheel", "wheel", (3, 3, 3), dissolve=12),
        Scene("sill", "sill", (6,)),
        Scene("tea", "tea", (4, 4)),
    ),
    heard=True,
)
PACKSHOT = Example("packshot", "2.10", (Scene("first-light", "night", (5,), end_still="dawn"),))
VOICES = Example(
    "two-voices",
    "6.16",
    (
        Scene("arrive", "arrive", (6,)),
        Scene("talk", "talk", (4, 5), dissolve=12),
        Scene("window", "window", (5,)),
    ),
    heard=True,
    warnings=("SB317",),
)
TEAS = Example(
    "three-teas",
    "1.68",
    (
        Scene("sencha", "sencha", (3,)),
        Scene("hojicha", "hojicha", (3,), dissolve=12),
        Scene("evening", "evening", (4,)),
    ),
)
ALL = [POTTER, VOICES, TEAS, PACKSHOT, STARTER]  # the longest first, so that no worker is left with it alone


@pytest.fixture(params=ALL, ids=lambda example: example.name)
def example(request: pytest.FixtureRequest) -> Example:
    return request.param


@pytest.fixture
def project(example: Example, tmp_path: Path) -> Path:
    return example.into(tmp_path)


def storyboard(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, as people run it."""
    return subprocess.run(
        [sys.executable, "-m", "storyboard", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )


def test_none_is_forgotten() -> None:
    there = {path.parent.name for path in EXAMPLES.glob("*/storyboard.yaml")}
    assert there == {one.name for one in ALL if not one.starter}


def test_check_finds_what_the_readme_announces(example: Example, project: Path, run: Callable) -> None:
    ran = run("check", project, "--format", "json")
    assert ran.code == 0
    found = [(one["code"], one["severity"]) for one in json.loads(ran.out)["diagnostics"]]
    assert found == [(code, "warning") for code in example.warnings]


def test_every_request_satisfies_its_endpoint(example: Example, project: Path, run: Callable) -> None:
    requests = json.loads(run("expand", project).out)["requests"]
    assert [request["scene"] for request in requests] == [scene.id for scene in example.scenes]
    for request, scene in zip(requests, example.scenes, strict=True):
        endpoint = catalog().find(request["endpoint"])
        assert endpoint is not None
        schema = folder("schemas") / "endpoints" / f"{endpoint.alias}.schema.json"
        jsonschema.validate(request["arguments"], json.loads(schema.read_text(encoding="utf-8")))
        assert tuple(shot["seconds"] for shot in request["shots"]) == scene.shots
        assert request["arguments"]["start_image_url"] == f"file:stills/{scene.still}.jpg"
        end_image = f"file:stills/{scene.end_still}.jpg" if scene.end_still else None
        assert request["arguments"].get("end_image_url") == end_image


def test_the_price_is_the_one_in_the_readme(example: Example, project: Path, run: Callable) -> None:
    document = json.loads(run("estimate", project, "--format", "json").out)
    assert (document["total"], document["unpriced"]) == (example.total, [])
    if not example.starter:
        readme = (EXAMPLES / example.name / "README.md").read_text(encoding="utf-8")
        assert re.findall(r"\*\*(\d+\.\d\d) USD\*\*", readme) == [example.total]


def test_another_ending_is_another_request(tmp_path: Path, run: Callable) -> None:
    project = TEAS.into(tmp_path)
    film, other = (
        json.loads(run("expand", project, *pick).out)["requests"]
        for pick in ((), ("--pick", "evening=still"))
    )
    same = [one["digest"] == two["digest"] for one, two in zip(film, other, strict=True)]
    assert same == [True, True, False]


def test_the_potter_without_sound_costs_what_the_readme_says(tmp_path: Path, run: Callable) -> None:
    source = POTTER.into(tmp_path) / "storyboard.yaml"
    text = source.read_text(encoding="utf-8")
    assert text.count("generate_audio: true") == 1
    source.write_text(text.replace("generate_audio: true", "generate_audio: false"), encoding="utf-8")
    assert json.loads(run("estimate", source, "--format", "json").out)["total"] == "5.04"


@pytest.mark.long  # the README's first command rehearses one
def test_the_rehearsal_shows_every_scene_in_its_place(example: Example, project: Path) -> None:
    ended = storyboard("render", project, "--sandbox")
    assert ended.returncode == 0, ended.stderr
    assert f" to send: {example.total} USD" in ended.stderr, "the plan names the price"
    film = project / "cut.sandbox.mp4"
    assert ended.stdout.splitlines() == [str(film)]
    look(example, film, project, spare=1)
    kept = storyboard("takes", project, "--sandbox", "--format", "json")
    assert {(take["scene"], take["state"]) for take in json.loads(kept.stdout)["takes"]} == {
        (scene.id, "verified") for scene in example.scenes
    }


@pytest.mark.long
def test_the_animatic_shows_every_scene_in_its_place(example: Example, project: Path) -> None:
    ended = storyboard("animatic", project)
    assert ended.returncode == 0, ended.stderr
    look(example, project / "animatic.mp4", project, spare=0)


def look(example: Example, film: Path, project: Path, *, spare: int) -> None:
    """Decodes the film and compares it with its stills. `spare` is how many frames each clip has beyond its seconds."""
    spans = list(spans_of(example.scenes, spare))
    length, pictures = thumbnails(film, {frame for span in spans for frame in (*span.middles, *span.edges)})
    assert length == spans[-1].end
    heard = loudness(film)
    assert bool(heard) == example.heard
    if heard:
        assert abs(len(heard) / 10 - length / FPS) < 0.2, "the sound is as long as the picture"
    stills = {path.stem: still(path) for path in (project / "stills").glob("*.jpg")}
    for span in spans:
        amid = {name: other for name, other in stills.items() if name != span.scene.end_still}
        for frame in span.middles:
            alike, rest = likeness(pictures[frame], amid, span.scene.still)
            assert alike > ALIKE, (span.scene.id, frame)
            assert alike - rest > APART, (span.scene.id, frame)
        for frame in span.edges:
            alike, rest = likeness(pictures[frame], stills, span.still_at(frame))
            assert alike - rest > NEARER, (span.scene.id, frame)
        if heard:
            tenths = heard[span.start * 10 // FPS + 1 : span.end * 10 // FPS]
            assert max(tenths) > 0, f"{span.scene.id} is silent"


@dataclass(frozen=True)
class Span:
    """Where a scene lies in the film: the middles of its shots, its first and last frame outside of dissolves."""

    scene: Scene
    start: int
    end: int
    middles: tuple[int, ...]
    edges: tuple[int, int]

    def still_at(self, frame: int) -> str:
        """A clip ends on its end image where it has one."""
        return self.scene.end_still or self.scene.still if frame == self.edges[1] else self.scene.still


def spans_of(scenes: tuple[Scene, ...], spare: int) -> Iterator[Span]:
    start = shared = 0
    for scene in scenes:
        begins = [start + FPS * seconds for seconds in accumulate(scene.shots, initial=0)]
        end = begins[-1] + spare
        middles = tuple(at + FPS * seconds // 2 for at, seconds in zip(begins, scene.shots, strict=False))
        yield Span(scene, start, end, middles, (start + shared, end - 1 - scene.dissolve))
        start, shared = end - scene.dissolve, scene.dissolve


def likeness(picture: Picture, stills: dict[str, list[Picture]], own: str) -> tuple[float, float]:
    """Correlation with the scene's own still, as it is seen best, and the highest with any other."""
    found = {name: max(correlation(picture, view) for view in views) for name, views in stills.items()}
    return found.pop(own), max(found.values(), default=-1.0)


def correlation(one: Picture, other: Picture) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def still(path: Path) -> list[Picture]:
    """Whole, and nearer views of it: a camera may have gone there."""
    with Image.open(path) as image:
        whole = image.convert("RGB").resize((640, 360), Image.Resampling.BOX)
    width, height = whole.size
    return [
        thumbnail(whole, (left, top, left + width * part, top + height * part))
        for part in PARTS
        for left in np.linspace(0, width * (1 - part), PLACES if part < 1 else 1)
        for top in np.linspace(0, height * (1 - part), PLACES if part < 1 else 1)
    ]


def thumbnail(image: Image.Image, box: tuple[float, float, float, float] | None = None) -> Picture:
    """Rough colours, without the rows that words are burnt into."""
    small = image.resize(THUMBNAIL, Image.Resampling.BOX, box)
    return np.asarray(small, dtype=np.float64)[UNLETTERED]


def thumbnails(film: Path, wanted: set[int]) -> tuple[int, dict[int, Picture]]:
    """How many frames there are, and the wanted ones. Raises av.FFmpegError when one does not decode."""
    found, number = {}, -1
    with av.open(str(film), format="mov") as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in wanted:
                pixels = frame.to_ndarray(format="rgb24", width=320, height=180)
                found[number] = thumbnail(Image.fromarray(pixels))
    return number + 1, found


def loudness(film: Path) -> list[float]:
    """The loudest sample in each tenth of a second; nothing without sound."""
    with av.open(str(film), format="mov") as container:
        if not container.streams.audio:
            return []
        rate = container.streams.audio[0].rate
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    return [float(np.abs(samples[at : at + rate // 10]).max()) for at in range(0, len(samples), rate // 10)]
