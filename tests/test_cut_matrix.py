# ruff: noqa: T201 - the counter-examples print what they found
"""Clips of every kind joined in pairs, both orders, and every film judged by decoding it: who judges uses nothing of
what joined. The same judge finds the faults of the usual ways to join."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clip_kinds import KINDS, Made, made
from film_judge import decoded, faults
from made_clips import numbers

from storyboard.cut.join import join
from storyboard.media.ffmpeg import binary

NAMES = list(KINDS)
DEALT = 8  # every so manieth pair in the default suite, each kind both before and behind
CINEMA = 24
FIRST = [pytest.param(name, 0, id=name) for name in NAMES]
OTHERS = [
    pytest.param(name, share, marks=pytest.mark.long, id=f"{name}-{share}")
    for name in NAMES
    for share in range(1, DEALT)
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Made]:
    folder = tmp_path_factory.mktemp("kinds")
    return {name: made(name, folder) for name in NAMES}


@pytest.fixture(scope="module")
def segments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was encoded once is used by all pairs."""
    return tmp_path_factory.mktemp("segments")


@pytest.mark.parametrize("name", NAMES)
def test_the_clips_are_what_they_are_said_to_be(name: str, shelf: Mapping[str, Made]) -> None:
    clip = shelf[name]
    times, shown, shape = [], [], Fraction(0)
    with av.open(str(clip.path)) as container:
        for frame in container.decode(video=0):
            pixels = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
            aspect = container.streams.video[0].sample_aspect_ratio or 1
            shape = Fraction(pixels.shape[1], pixels.shape[0]) * aspect
            shown.append(numbers(pixels))
            times.append(frame.pts * frame.time_base)
    assert shown == [(clip.number, number) for number in clip.kind.frames]
    assert shape == Fraction(*clip.kind.size)
    assert [float(time - times[0]) for time in times] == pytest.approx(
        [float(t) for t in clip.kind.times], abs=1e-3
    )


@pytest.mark.parametrize(("name", "share"), [*FIRST, *OTHERS])
def test_joined_with_every_other(
    name: str, share: int, shelf: Mapping[str, Made], segments: Path, tmp_path: Path
) -> None:
    first, films = shelf[name], []
    for number, other in enumerate(NAMES):
        if (number + NAMES.index(name)) % DEALT == share:
            film = tmp_path / f"{number}.mp4"
            report = join([first.path, shelf[other].path], film, segments)
            found = [*faults(film, [first, shelf[other]]), *_not_the_first_ones(film, first)]
            assert not found, f"{name} and {other} ({report.encoded}): {found}"
            films.append(film)
    assert len(films) > len(NAMES) // DEALT - 1
    assert complaints(films) == ""


def _not_the_first_ones(path: Path, first: Made) -> Iterator[str]:
    """The first clip decides the size and the rate, if it has one that is fit for a film."""
    film = decoded(path)
    rate = CINEMA if first.kind.uneven or first.kind.fps < 10 or first.kind.until else first.kind.fps
    if film.fps != rate or film.times[0] != 0:
        yield f"it has {film.fps} frames a second from {film.times[0]} on, not {rate} from 0 on"
    if any(abs(side - wanted) > 1 for side, wanted in zip(film.size, first.kind.size, strict=True)):
        yield f"it is {film.size}, not {first.kind.size}"


def complaints(films: list[Path]) -> str:
    """What the ffmpeg program has to say when it decodes all streams of all films."""
    command = [str(binary()), "-nostdin", "-v", "warning"]
    for film in films:
        command += ["-i", str(film)]
    for number in range(len(films)):
        command += ["-map", str(number)]
    done = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=False)
    return done.stderr


def test_all_of_them_in_one_film(shelf: Mapping[str, Made], segments: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    clips = [shelf[name] for name in (*NAMES, *reversed(NAMES))]
    join([clip.path for clip in clips], film, segments)
    assert list(faults(film, clips)) == []
    assert complaints([film]) == ""


@pytest.mark.parametrize(
    ("name", "lie"), [("BT.709", "matrix_coefficients=6"), ("full range", "video_full_range_flag=0")]
)
def test_the_judge_sees_wrong_colours(name: str, lie: str, shelf: Mapping[str, Made], tmp_path: Path) -> None:
    """The same pixels, said to be of another kind."""
    film = tmp_path / "film.mp4"
    command = [
        binary(),
        "-v",
        "error",
        "-i",
        shelf[name].path,
        "-c",
        "copy",
        "-bsf:v",
        f"h264_metadata={lie}",
        film,
    ]
    subprocess.run(command, check=True)
    assert [told for told in faults(film, [shelf[name]]) if "instead of" in told]


def concatenated(clips: list[Made], output: Path) -> None:
    listed = output.with_suffix(".txt")
    listed.write_text("".join(f"file '{clip.path}'\n" for clip in clips))
    command = [
        binary(),
        "-v",
        "error",
        "-y",
        "-f",
        "concat",
        "-safe",
        "0",
        "-i",
        listed,
        "-c",
        "copy",
        output,
    ]
    subprocess.run(command, capture_output=True, check=True)


def chained(clips: list[Made], output: Path) -> None:
    from moviepy import VideoFileClip, concatenate_videoclips

    opened = [VideoFileClip(str(clip.path)) for clip in clips]
    try:
        film = concatenate_videoclips(opened, method="chain")
        film.write_videofile(
            str(output), logger=None, preset="ultrafast", temp_audiofile_path=str(output.parent)
        )
    finally:
        for each in opened:
            each.close()


Way = Callable[[list[Made], Path], None]
FEW = ["portrait", "rotated", "one frame", "late sound", "long sound", "its twin"]
WRONG: dict[str, tuple[Way, set[str]]] = {
    "ffmpeg concat -c copy": (
        concatenated,
        {
            "portrait",
            "square",
            "30 fps",
            "60 fps",
            "uneven",
            "silent",
            "44.1 kHz",
            "10 bit",
            "rotated",
            "HEVC",
        },
    ),
    "moviepy chain": (chained, {"portrait", "rotated", "one frame", "late sound", "long sound"}),
}


@pytest.mark.filterwarnings("ignore")  # what the other ways warn of is their affair
@pytest.mark.parametrize("way", WRONG)
@pytest.mark.parametrize("names", [FEW, pytest.param(NAMES, marks=pytest.mark.long)], ids=["few", "all"])
def test_the_usual_ways_go_wrong(
    way: str, names: list[str], shelf: Mapping[str, Made], tmp_path: Path
) -> None:
    """Not a proof of ours, but that the judge is one: it finds what is known to go wrong, and passes what does not."""
    joining, known = WRONG[way]
    wrong: dict[str, str] = {}
    for number, name in enumerate(names):
        for order, clips in enumerate(([shelf["plain"], shelf[name]], [shelf[name], shelf["plain"]])):
            told = _judged(joining, clips, tmp_path / f"{number}-{order}.mp4")
            if told:
                wrong.setdefault(name, told)
    print(f"\n{way}: {len(wrong)} of {len(names)} kinds come out wrong beside a plain clip")
    print("".join(f"    {name:18} {told}\n" for name, told in wrong.items()), end="")
    assert known & set(names) <= set(wrong)
    assert "its twin" not in wrong


def _judged(joining: Way, clips: list[Made], output: Path) -> str:
    try:
        joining(clips, output)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"it gives up: {type(error).__name__}"
    return next(faults(output, clips), "")
