"""What a cut is written as: suffix and codec, and every form decoded: frames, colours, times, sound."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from a_master import COLOURS, FLASH, colour_of, coloured, flashing, heard, make_master, shown
from hypothesis import given
from hypothesis import strategies as st
from made_clips import RATE, beeps, make_clip, numbers
from PIL import Image
from small_disk import small_disk

from storyboard.cut.convert import converted
from storyboard.cut.forms import FORMS, form_of, gif_step, preview_size
from storyboard.cut.progress import Advance, nobody
from storyboard.cut.readback import Expected, comment_of, found_in, verify
from storyboard.errors import MediaError, UsageError

MARK = "storyboard cut " + "5e" * 32
FPS = Fraction(24)
WAYS = [
    ("film.mkv", None),
    ("film.webm", None),
    ("film.gif", None),
    ("film.mov", "prores"),
    ("film.mkv", "prores"),
]
HEARD = [way for way in WAYS if way[0] != "film.gif"]
way = pytest.mark.parametrize(("name", "codec"), WAYS)
heard_way = pytest.mark.parametrize(("name", "codec"), HEARD)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_master(tmp_path_factory.mktemp("master") / "cut.mp4")


def written(master: Path, output: Path, codec: str | None, fps: Fraction = FPS) -> str:
    """Writes the form, and names the demuxer that reads it."""
    form = form_of(output, codec)
    converted(master, output, form, fps, MARK, nobody)
    return form.demuxer


# What goes with what


@pytest.mark.parametrize(
    ("name", "codec", "found"),
    [
        ("a.mp4", None, "h264 in mov, copied/1"),
        ("a.M4V", None, "h264 in mov, copied/1"),
        ("a.mov", "h264", "h264 in mov, copied/1"),
        ("a.mov", "prores", "prores in mov, prores-hq/pcm-24/1"),
        ("a.mkv", None, "h264 in matroska, copied/1"),
        ("a.mkv", "prores", "prores in matroska, prores-hq/pcm-24/1"),
        ("a.WebM", None, "vp9 in matroska, vp9-good-32/opus-128k/1"),
        ("a.gif", "gif", "gif in gif, gif-480/1"),
    ],
)
def test_suffix_and_codec_choose_the_form(name: str, codec: str | None, found: str) -> None:
    assert form_of(Path(name), codec).name == found


@pytest.mark.parametrize(
    ("name", "codec", "told"),
    [
        ("a.avi", None, ["a.avi ends in .avi", ".mp4, .m4v or .mov", ".mkv", ".webm", ".gif", "prores"]),
        ("film", None, ["film has no ending", ".webm"]),
        ("a.mp4", "prores", ["does not go into a.mp4", ".mov or .mkv", "leave --codec out"]),
        ("a.webm", "h264", ["does not go into a.webm", ".mp4, .m4v, .mov or .mkv"]),
        ("a.mov", "dnxhd", ["--codec dnxhd is not known", "h264, vp9, gif, prores"]),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(name: str, codec: str | None, told: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        form_of(Path(name), codec)
    for words in told:
        assert words in str(refused.value)


def test_forms_that_differ_have_names_that_differ() -> None:
    assert len({form.name for form in FORMS}) == len(FORMS)


sides = st.integers(2, 4096).map(lambda half: 2 * half)


@given(sides, sides)
def test_a_preview_is_small_even_and_of_the_same_shape(width: int, height: int) -> None:
    small = preview_size((width, height))
    assert max(small) <= 640
    assert min(small) <= 360
    assert [side % 2 for side in small] == [0, 0]
    assert small[0] <= width
    assert small[1] <= height
    assert (
        abs(small[0] / small[1] - width / height) <= max(2 / small[1], 2 * width / height / small[1]) + 0.01
    )


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1920, 1080), (640, 360)),
        ((1080, 1920), (360, 640)),
        ((1080, 1080), (360, 360)),
        ((3840, 1608), (640, 268)),
        ((320, 180), (320, 180)),
    ],
)
def test_preview_sizes(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert preview_size(size) == small


@pytest.mark.parametrize(
    ("fps", "rate"), [(24, 12), (25, 12.5), (30, 15), (48, 12), (50, 12.5), (60, 12), (12, 12), (15, 15)]
)
def test_a_gif_shows_a_dozen_frames_a_second(fps: int, rate: float) -> None:
    assert fps / gif_step(Fraction(fps)) == rate


# What is in the files


@way
def test_every_frame_arrives_in_its_colours(
    name: str, codec: str | None, master: Path, tmp_path: Path
) -> None:
    demuxer = written(master, tmp_path / name, codec)
    frames = shown(tmp_path / name, demuxer)
    step = 2 if demuxer == "gif" else 1
    assert [numbers(pixels) for _, pixels in frames] == [(1, at) for at in range(0, 36, step)]
    assert [float(time) for time, _ in frames] == pytest.approx(
        [at / 24 for at in range(0, 36, step)], abs=0.0051 if demuxer == "gif" else 0.00051
    )
    for colour, value in COLOURS.items():
        assert colour_of(frames[3][1], colour) == pytest.approx(value, abs=5)


@way
def test_colours_that_the_cut_does_not_name_stay(name: str, codec: str | None, tmp_path: Path) -> None:
    """A small film that says nothing is BT.601 to players: what is made of it says BT.709 and looks the same."""
    master = make_master(tmp_path / "cut.mp4", frames=6, tagged=False)
    demuxer = written(master, tmp_path / name, codec)
    for colour, value in COLOURS.items():
        assert colour_of(shown(tmp_path / name, demuxer)[1][1], colour) == pytest.approx(value, abs=7)


@heard_way
def test_a_beep_is_heard_with_its_flash(name: str, codec: str | None, tmp_path: Path) -> None:
    """Frames that are decoded early and the coder's warm-up shift nothing; sound ends with the picture."""
    master = make_master(tmp_path / "cut.mp4", picture=flashing)
    demuxer = written(master, tmp_path / name, codec)
    flashes = [float(time) for time, pixels in shown(tmp_path / name, demuxer) if pixels.mean() > 128]
    sound = heard(tmp_path / name, demuxer)
    assert flashes == pytest.approx([at / 24 for at in range(0, 36, FLASH)], abs=0.001)
    assert beeps(sound) == pytest.approx(flashes, abs=0.002)
    assert abs(sound.size - 36 * RATE // 24) <= RATE // 1000


@way
def test_what_is_claimed_of_the_coding(name: str, codec: str | None, master: Path, tmp_path: Path) -> None:
    demuxer = written(master, tmp_path / name, codec)
    with av.open(str(tmp_path / name), "r", format=demuxer) as film:
        video, context = film.streams.video[0], film.streams.video[0].codec_context
        coded = (context.name, context.pix_fmt, [each.codec_context.name for each in film.streams.audio])
        rate, profile = video.base_rate, context.profile
        colours = (context.colorspace, context.color_range, context.color_primaries, context.color_trc)
    if codec == "prores":
        assert coded == ("prores", "yuv422p10le", ["pcm_s24le"])
        assert profile == "HQ"
    elif name == "film.gif":
        assert coded[0] == "gif"
        return
    else:
        assert coded in (("vp9", "yuv420p", ["opus"]), ("h264", "yuv420p", ["aac"]))
    assert rate == 24
    assert colours == (1, 1, 1, 1)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("fps", [Fraction(24), Fraction(24_000, 1001), Fraction(60)])
def test_mkv_holds_the_packets_bit_for_bit(codec: str, fps: Fraction, tmp_path: Path) -> None:
    master = make_master(tmp_path / "cut.mp4", fps=fps, codec=codec, frames=62, size=(160, 90))
    written(master, tmp_path / "film.mkv", None, fps)
    assert _packets(tmp_path / "film.mkv", "matroska") == _packets(master, "mov")
    times = [time for time, _ in shown(tmp_path / "film.mkv", "matroska")]
    assert all(abs(time - at / fps) < Fraction(1, 10_000) for at, time in enumerate(times))
    with av.open(str(tmp_path / "film.mkv"), "r", format="matroska") as film:
        assert film.streams.video[0].average_rate == film.streams.video[0].base_rate == fps
        assert film.duration == pytest.approx(float(62 / fps) * 1e6, abs=1)
    sound = _samples(tmp_path / "film.mkv", "matroska")
    assert abs(sound.size - 62 * RATE / fps) < 1
    assert np.array_equal(sound, _samples(master, "mov")[: sound.size])


def _packets(path: Path, demuxer: str) -> list[list[bytes]]:
    with av.open(str(path), "r", format=demuxer) as film:
        kinds: dict[str, list[bytes]] = {"video": [], "audio": []}
        for packet in film.demux():
            kinds[packet.stream.type] += [bytes(packet)] if packet.size else []
    return list(kinds.values())


def _samples(path: Path, demuxer: str) -> np.ndarray:
    with av.open(str(path), "r", format=demuxer) as film:
        parts = [frame.to_ndarray()[0] for frame in film.decode(audio=0) if frame.pts >= 0]
    return np.concatenate(parts)


def test_mkv_lays_sound_beside_its_picture(tmp_path: Path) -> None:
    """However far apart the cut's file has them; clusters stay as short as their clock."""
    master = make_clip(tmp_path / "cut.mp4", frames=24 * 14, size=(64, 36), options={"g": "500"})
    written(master, tmp_path / "film.mkv", None)
    with av.open(str(tmp_path / "film.mkv"), "r", format="matroska") as film:
        times = [float(packet.pts * packet.time_base) for packet in film.demux() if packet.size]
    assert all(abs(later - before) < 0.3 for before, later in pairwise(times))
    shown_at = [float(time) for time, _ in shown(tmp_path / "film.mkv", "matroska")]
    assert shown_at == pytest.approx([at / 24 for at in range(24 * 14)], abs=1e-4)


def test_mkv_can_be_played_from_any_key_frame(tmp_path: Path) -> None:
    master = make_clip(tmp_path / "cut.mp4", frames=100, size=(160, 90), options={"g": "12"})
    written(master, tmp_path / "film.mkv", None)
    with av.open(str(tmp_path / "film.mkv"), "r", format="matroska") as film:
        stream = film.streams.video[0]
        for second in (3, 1, 2, 0):
            film.seek(int(second / stream.time_base), stream=stream)
            frame = next(film.decode(stream))
            assert numbers(frame.to_ndarray(format="rgb24")) == (0, second * 24)


@pytest.mark.parametrize("size", [(180, 320), (322, 182), (64, 480), (321, 181)])
@way
def test_sizes_of_any_shape(name: str, codec: str | None, size: tuple[int, int], tmp_path: Path) -> None:
    """Odd sizes come from clips with whole colours, 4:4:4."""
    odd = size[0] % 2 == 1
    master = make_clip(tmp_path / "cut.mp4", frames=5, size=(322, 182) if odd else size, sound=False)
    if odd:
        master = _odd(tmp_path / "odd.mp4", size)
    demuxer = written(master, tmp_path / name, codec)
    frames = [pixels for _, pixels in shown(tmp_path / name, demuxer)]
    wanted = form_of(tmp_path / name, codec).size(size)
    assert demuxer == "gif" or wanted == size or (odd and codec == "prores" and wanted == (320, 180))
    assert {pixels.shape[:2] for pixels in frames} == {(wanted[1], wanted[0])}
    assert len(frames) == (3 if demuxer == "gif" else 5)
    before = Image.fromarray(shown(master, "mov")[0][1]).resize(wanted)
    apart = np.abs(frames[0].astype(int) - np.asarray(before).astype(int))
    assert apart.mean() < 7
    assert max(apart[:, 0].mean(), apart[:, -1].mean(), apart[0].mean(), apart[-1].mean()) < 9


def _odd(path: Path, size: tuple[int, int]) -> Path:
    with av.open(str(path), "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
        for at in range(5):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(coloured(at, size), format="rgb24")))
        film.mux(stream.encode(None))
    return path


def test_a_gif_loops_lasts_as_long_and_is_small(tmp_path: Path) -> None:
    master = make_master(tmp_path / "cut.mp4", frames=37, size=(1280, 720), sound=True)
    written(master, tmp_path / "film.gif", None)
    with Image.open(tmp_path / "film.gif") as picture:
        assert (picture.size, picture.n_frames, picture.info["loop"]) == ((480, 270), 19, 0)
        assert picture.info["comment"] == MARK.encode()
        lengths = []
        for at in range(picture.n_frames):
            picture.seek(at)
            lengths.append(picture.info["duration"])
    assert sum(lengths) == pytest.approx(37 / 24 * 1000, abs=10)
    assert set(lengths[:-1]) == {80, 90}


@pytest.mark.parametrize("frames", [1, 2])
@way
def test_very_short_cuts(name: str, codec: str | None, frames: int, tmp_path: Path) -> None:
    master = make_master(tmp_path / "cut.mp4", frames=frames)
    demuxer = written(master, tmp_path / name, codec)
    assert len(shown(tmp_path / name, demuxer)) == (1 if demuxer == "gif" else frames)


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (48_000, 1), (44_100, 1)])
@heard_way
def test_sound_of_other_rates(name: str, codec: str | None, rate: int, channels: int, tmp_path: Path) -> None:
    master = make_clip(tmp_path / "cut.mp4", frames=30, rate=rate, channels=channels, size=(160, 90))
    demuxer = written(master, tmp_path / name, codec)
    assert beeps(heard(tmp_path / name, demuxer)) == pytest.approx([0], abs=0.003)


@heard_way
def test_a_silent_cut_stays_silent(name: str, codec: str | None, tmp_path: Path) -> None:
    master = make_master(tmp_path / "cut.mp4", frames=6, sound=False)
    demuxer = written(master, tmp_path / name, codec)
    with av.open(str(tmp_path / name), "r", format=demuxer) as film:
        assert len(film.streams) == 1


def test_progress_goes_up_to_the_last_frame(master: Path, tmp_path: Path) -> None:
    for name, codec in WAYS:
        told: list[Advance] = []
        converted(master, tmp_path / name, form_of(tmp_path / name, codec), FPS, MARK, told.append)
        assert [each.done for each in told] == sorted(each.done for each in told)
        assert told[-1] == Advance(f"writing {name}", 36, 36)


# The mark, and what is refused


@way
def test_the_mark_is_read_back(name: str, codec: str | None, master: Path, tmp_path: Path) -> None:
    written(master, tmp_path / name, codec)
    assert comment_of(tmp_path / name) == MARK
    whole = (tmp_path / name).read_bytes()
    for length in [*range(0, 1200, 7), len(whole) // 2]:
        (tmp_path / "cut short").write_bytes(whole[:length])
        assert comment_of(tmp_path / "cut short") in {None, "", MARK}


def test_files_of_others_have_no_mark(master: Path, tmp_path: Path) -> None:
    assert comment_of(master) in {None, ""}
    assert comment_of(tmp_path / "missing.mkv") is None
    assert comment_of(tmp_path) is None
    Image.new("RGB", (9, 9)).save(tmp_path / "a.gif")
    assert comment_of(tmp_path / "a.gif") is None
    (tmp_path / "list.mkv").write_bytes(b"ffconcat version 1.0\nfile /etc/passwd\n")
    assert comment_of(tmp_path / "list.mkv") is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"frames": 35}, "36 frames, not 35"),
        ({"fps": Fraction(25)}, "its frame 1 is at 0.042 s"),
        ({"size": (640, 360)}, "320x180, not 640x360"),
        ({"seconds": Fraction(2)}, "it lasts 1.500 s, not 2.000 s"),
        ({"sound": False}, "2 streams"),
    ],
)
def test_a_file_that_is_not_the_cut_is_told_from_it(
    change: dict[str, object], told: str, master: Path, tmp_path: Path
) -> None:
    written(master, tmp_path / "film.mkv", None)
    right = {"frames": 36, "fps": FPS, "size": (320, 180), "seconds": Fraction(3, 2), "sound": True}
    form = form_of(tmp_path / "film.mkv")
    verify(tmp_path / "film.mkv", "film.mkv", form, Expected(**right))
    with pytest.raises(MediaError, match=told):
        verify(tmp_path / "film.mkv", "film.mkv", form, Expected(**{**right, **change}))


@way
def test_a_truncated_file_is_no_cut(name: str, codec: str | None, master: Path, tmp_path: Path) -> None:
    written(master, tmp_path / name, codec)
    form = form_of(tmp_path / name, codec)
    found = found_in(tmp_path / name, form)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) * 2 // 3])
    right = Expected(len(found.times), FPS, found.size, Fraction(3, 2), sound=form.sound)
    with pytest.raises(MediaError):
        verify(tmp_path / name, name, form, right)


def test_a_cut_of_another_coding_is_not_called_h264(tmp_path: Path) -> None:
    master = make_master(tmp_path / "cut.mp4", frames=6, codec="libx265", size=(160, 90))
    (tmp_path / "film.mkv").write_bytes(b"what was there")
    with pytest.raises(MediaError, match="coded as hevc"):
        written(master, tmp_path / "film.mkv", "h264")
    assert (tmp_path / "film.mkv").read_bytes() == b"what was there"


@pytest.mark.parametrize(("name", "codec"), WAYS[1:])  # MKV's packets were checked when the cut was made
def test_a_master_that_is_damaged_leaves_what_was_there(
    name: str, codec: str | None, master: Path, tmp_path: Path
) -> None:
    data = bytearray(master.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    (tmp_path / "cut.mp4").write_bytes(data)
    (tmp_path / name).write_bytes(b"what was there")
    with pytest.raises(MediaError):
        written(tmp_path / "cut.mp4", tmp_path / name, codec)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(["cut.mp4", name])
    assert (tmp_path / name).read_bytes() == b"what was there"


@pytest.mark.long
@pytest.mark.linux
@way
def test_a_full_disk_leaves_what_was_there(name: str, codec: str | None, tmp_path: Path) -> None:
    noise = np.random.Generator(np.random.PCG64(1))
    master = make_master(
        tmp_path / "cut.mp4",
        frames=24,
        picture=lambda _, size: noise.integers(0, 256, (size[1], size[0], 3), np.uint8),
    )
    with small_disk(tmp_path / "disk", 200) as disk:
        (disk / name).write_bytes(b"what was there")
        with pytest.raises(MediaError, match="No space left on device"):
            written(master, disk / name, codec)
        assert [entry.name for entry in disk.iterdir()] == [name]
        assert (disk / name).read_bytes() == b"what was there"
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        written(master, disk / name, codec)
        assert comment_of(disk / name) == MARK


PEAK = """
import resource, sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from storyboard.cut.convert import converted
from storyboard.cut.forms import form_of
from storyboard.cut.progress import nobody
film = Path(sys.argv[2])
converted(Path(sys.argv[1]), film, form_of(film, sys.argv[3] or None), Fraction(24), "mark", nobody)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="no peak of memory to be had")
@way
def test_memory_does_not_grow_with_the_film(name: str, codec: str | None, tmp_path: Path) -> None:
    peaks = []
    for frames in (100, 400):
        master = make_clip(tmp_path / f"{frames}.mp4", frames=frames, size=(640, 360))
        command = [sys.executable, "-c", PEAK, str(master), str(tmp_path / name), codec or ""]
        peaks.append(int(subprocess.run(command, capture_output=True, check=True, timeout=300).stdout))
    assert peaks[1] <= 1.2 * peaks[0]
