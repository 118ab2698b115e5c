"""Stills that move: exact lengths, smooth moves, words in any script, always the same."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from made_clips import wave_of
from PIL import Image

from storyboard.errors import MediaError
from storyboard.media.burn_in import burn_in
from storyboard.media.camera_words import asked_move, move_of, part_of
from storyboard.media.ffmpeg import decode_errors
from storyboard.media.moves import MOVES, framing
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.media.planes import frame_of, lines_of, planes_of
from storyboard.media.probe import probe

SIZE = (320, 180)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    y, x = np.mgrid[0:400, 0:640]
    pixels = np.stack([x * 255 // 640, y * 255 // 400, (x // 40 + y // 40) % 2 * 200], -1).astype(np.uint8)
    path = tmp_path_factory.mktemp("stills") / "still.png"
    Image.fromarray(pixels).save(path)
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path), "r", format="mov") as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


NTSC = Fraction(24_000, 1_001)


@pytest.mark.parametrize(("fps", "extra"), [(24, True), (24, False), (30, True), (NTSC, False)])
def test_length_rate_and_sound_are_exact(
    fps: Fraction | int, extra: bool, still: Path, tmp_path: Path
) -> None:
    clip = tmp_path / "clip.mp4"
    shots = [MovingStill(still, 2, "push", "one", "a"), MovingStill(None, 1, "static", "", "b")]
    draw_clip(shots, clip, size=SIZE, fps=fps, audio=True, extra_frame=extra)
    facts = probe(clip)
    frames = round(3 * fps) + extra
    assert (facts.video.frames, facts.video.frame_rate, facts.video.constant) == (frames, fps, True)
    assert (facts.video.codec, facts.video.pixel_format, facts.video.start) == ("h264", "yuv420p", 0)
    assert facts.audio is not None
    assert (facts.audio.codec, facts.audio.rate, facts.audio.channels) == ("aac", 48_000, 2)
    assert abs(facts.audio.seconds - facts.video.seconds) < 1 / Fraction(fps)
    assert clip.read_bytes().index(b"moov") < clip.read_bytes().index(b"mdat")
    assert decode_errors(clip) == ""


def test_sound_is_soft_and_ticks_where_a_shot_begins(still: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    shots = [MovingStill(still, 2, "static", "", ""), MovingStill(still, 1, "static", "", "")]
    draw_clip(shots, clip, size=SIZE, audio=True)
    wave = np.abs(wave_of(clip))
    assert 0.02 < wave.max() < 0.3
    windows = wave[: 3 * 48_000].reshape(-1, 4_800).max(axis=1)
    assert sorted(np.argsort(windows)[-2:].tolist()) == [0, 20]


def test_silent_when_asked(still: Path, tmp_path: Path) -> None:
    draw_clip([MovingStill(still, 1, "static", "", "")], tmp_path / "clip.mp4", size=SIZE, audio=False)
    assert probe(tmp_path / "clip.mp4").audio is None


def test_shots_follow_each_other_with_a_hard_cut(still: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    draw_clip(
        [MovingStill(still, 1, "static", "", ""), MovingStill(None, 1, "static", "", "")],
        clip,
        size=SIZE,
        audio=False,
    )
    steps = [np.abs(a.astype(int) - b.astype(int)).mean() for a, b in pairwise(frames_of(clip))]
    assert int(np.argmax(steps)) == 23
    assert sorted(steps)[-2] < 2


def test_an_end_still_is_what_the_shot_ends_on(still: Path, tmp_path: Path) -> None:
    end = tmp_path / "end.png"
    Image.new("RGB", (640, 360), (250, 250, 250)).save(end)
    clip = tmp_path / "clip.mp4"
    draw_clip([MovingStill(still, 3, "static", "", "", end)], clip, size=SIZE, audio=False)
    means = [frame.mean() for frame in frames_of(clip)]
    assert means[0] < 150
    assert means[-1] > 240
    assert max(abs(b - a) for a, b in pairwise(means)) < 8


@pytest.mark.parametrize("part", [1, 0.8, 0.5])
@pytest.mark.parametrize("move", MOVES)
def test_moves_stay_in_the_picture_and_never_jump(move: str, part: float) -> None:
    picture = (384, 216)
    boxes = [framing(move, n / 120, n / 24, picture, part) for n in range(121)]
    assert boxes[0][2] - boxes[0][0] <= part * picture[0]
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= picture[0]
        assert 0 <= top < bottom <= picture[1]
        assert (right - left) / (bottom - top) == pytest.approx(picture[0] / picture[1], rel=1e-6)
    speeds = [[b - a for a, b in zip(one, two, strict=True)] for one, two in pairwise(boxes)]
    changes = [abs(b - a) for one, two in pairwise(speeds) for a, b in zip(one, two, strict=True)]
    assert max(changes) < picture[0] * (0.008 if move.startswith("whip") else 0.0005)
    assert (boxes[0] == boxes[-1]) == (move in {"static", "focus"})


@pytest.mark.parametrize(
    ("camera", "move"),
    [
        ("slow push in", "push"),
        ("Static wide", "static"),
        ("locked off, no drift", "static"),
        ("no camera movement", "static"),
        ("camera pans left across the room", "pan-left"),
        ("a pan to the right", "pan-right"),
        ("pan from right to left", "pan-left"),
        ("left-to-right pan", "pan-right"),
        ("pan up the tower", "tilt-up"),
        ("truck left", "pan-left"),
        ("tilt down to the hands", "tilt-down"),
        ("tilt up", "tilt-up"),
        ("handheld, close", "handheld"),
        ("dolly out", "pull"),
        ("dollies in", "push"),
        ("zooms out fast", "zoom-out"),
        ("whip pan left to the door", "whip-left"),
        ("slow arc to the left", "arc-left"),
        ("the camera orbits her", "arc-right"),
        ("crane down over the roofs", "crane-down"),
        ("rack focus from cup to face", "focus"),
        ("POV, walking", "pov"),
        ("without zooming, a slow pan right", "pan-right"),
        ("镜头缓慢推近", "push"),
        ("从左到右摇", "pan-right"),
        ("向左摇", "pan-left"),
        ("固定镜头", "static"),
        ("カメラがゆっくりズームアウト", "zoom-out"),
        ("", "drift"),
        ("medium close-up", "drift"),
    ],
)
def test_moves_are_read_from_the_camera_s_words(camera: str, move: str) -> None:
    assert move_of(camera) == move


@pytest.mark.parametrize(
    ("camera", "part"),
    [("wide, static", 1), ("close-up, locked off", 0.6), ("Medium shot of Ann", 0.8), ("medium close-up", 0.74),
     ("extreme close-up", 0.5), ("push to a medium shot", 0.8), ("特写", 0.6), ("a close friend", 1), ("", 1)],
)  # fmt: skip
def test_how_near_a_shot_is_is_read_from_its_size(camera: str, part: float) -> None:
    assert part_of(camera) == part


@pytest.mark.parametrize(
    ("prose", "move"),
    [
        ("she pushes the door open and pulls the rope, he stands still", None),
        ("a man in a pullover pans for gold", None),
        ("the potter enters, static wide", "static"),
        ("the camera slowly follows her", "push"),
        ("the camera pulls back to show the square", "pull"),
    ],
)
def test_prose_moves_a_camera_only_where_it_is_meant(prose: str, move: str | None) -> None:
    assert asked_move("", prose) == move
    assert asked_move("tilt up", prose) == "tilt-up"


@pytest.mark.parametrize(
    "caption",
    [
        "plain",
        "他坐在轮子旁边，慢慢转动" * 20,
        "مرحبا بالعالم",
        "👩‍👩‍👧 😀",
        "\x07\x1b[31m \u202e",
        "W" * 2000,
        "one\ntwo\n\nthree\nfour\nfive",
        "a\u0301" * 50,
        "%{pts} ' : \\ [in]",
    ],
)
def test_any_words_can_be_burnt_in(caption: str) -> None:
    drawn = lettered(128, caption, caption, 2, SIZE)
    changed = np.abs(drawn.astype(int) - 128).max(axis=2) > 8
    rows = np.flatnonzero(changed.any(axis=1))
    assert rows.size == 0 or (rows[0] >= 4 and rows[-1] < 176)


def test_words_are_legible_and_where_they_belong() -> None:
    drawn = lettered(200, "the potter enters", "dawn · wide", 4, (1280, 720))
    changed = (np.abs(drawn.astype(int) - 200) > 2).any(axis=2)
    assert changed[36:76, 64:240].mean() > 0.5
    assert changed[644:682, 560:720].mean() > 0.5
    assert not changed[100:600].any()
    words = drawn[644:682, 560:720]
    assert int(words.max()) - int(words.min()) > 150


def lettered(grey: int, caption: str, slate: str, seconds: int, size: tuple[int, int]) -> np.ndarray:
    """A grey frame with the words of the first moment, as RGB."""
    pixels = planes_of(np.full((size[1], size[0], 3), grey, np.uint8), (0, 0, *size), size).pixels()
    shot = MovingStill(Path("grey.png"), seconds, "static", caption, slate)
    for plate in burn_in(shot, Fraction(24), size)(0):
        plate.blend_lines(*lines_of(pixels))
    return frame_of(pixels).to_ndarray(format="rgb24")


def test_a_still_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "still.png").write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"still\.png"):
        draw_clip(
            [MovingStill(tmp_path / "still.png", 1, "push", "", "")],
            tmp_path / "x.mp4",
            size=SIZE,
            audio=False,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["still.png"]


@pytest.mark.parametrize("shape", [(64, 640), (640, 64), (301, 299), (1, 1)])
def test_stills_of_any_shape_fill_the_frame(shape: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGB", shape, (200, 120, 40)).save(tmp_path / "still.jpg")
    clip = tmp_path / "clip.mp4"
    draw_clip([MovingStill(tmp_path / "still.jpg", 1, "handheld", "", "")], clip, size=SIZE, audio=False)
    first = frames_of(clip)[0].reshape(-1, 3)
    assert np.abs(first.astype(int) - (200, 120, 40)).max() < 12
