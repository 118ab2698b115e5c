"""Clips to one film: every frame arrives, sound stays with its picture, what can't be copied is encoded once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_clips import RATE, beeps, make_clip, pictures, wave_of
from made_sounds import sounding, tone

from storyboard.cut import write
from storyboard.cut.assemble import assemble
from storyboard.cut.clip import frame_numbers, look
from storyboard.cut.join import join
from storyboard.cut.part import Part
from storyboard.cut.progress import Advance
from storyboard.cut.splice import Picture, sound_of
from storyboard.cut.transition import Transition
from storyboard.cut.wanted import Wanted
from storyboard.cut.write import verify
from storyboard.errors import MediaError, UsageError
from storyboard.media.ffmpeg import binary, decode_errors
from storyboard.media.probe import probe

FRAME = 1 / 24


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five clips that are alike, of different length."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(5):
        make_clip(folder / f"{number}.mp4", number, frames=25 + 24 * (number % 2))
    return folder


def expected(*lengths: tuple[int, int]) -> list[tuple[int, int]]:
    return [(clip, frame) for clip, length in lengths for frame in range(length)]


def test_alike_clips_are_copied_packet_by_packet(shelf: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    report = join([shelf / f"{n}.mp4" for n in range(5)], film, tmp_path / "segments")
    assert report.copied == ("0.mp4", "1.mp4", "2.mp4", "3.mp4", "4.mp4")
    assert not report.encoded
    assert not (tmp_path / "segments").exists()
    assert pictures(film) == expected((0, 25), (1, 49), (2, 25), (3, 49), (4, 25))
    assert _video_bytes(film) == b"".join(_video_bytes(shelf / f"{n}.mp4") for n in range(5))
    assert decode_errors(film) == ""


def _video_bytes(path: Path) -> bytes:
    with av.open(str(path), "r", format="mov") as container:
        return b"".join(bytes(packet) for packet in container.demux(video=0))


@pytest.mark.parametrize("name", ["film.mov", "film.m4v", "FILM.MP4"])
def test_the_suffix_chooses_the_container(name: str, shelf: Path, tmp_path: Path) -> None:
    """What is written can be joined again."""
    first, second = tmp_path / name, tmp_path / f"again-{name}"
    join([shelf / "0.mp4", shelf / "1.mp4"], first, tmp_path / "segments")
    report = join([first, shelf / "2.mp4"], second, tmp_path / "segments")
    assert report.copied == (name, "2.mp4")
    assert pictures(second) == expected((0, 25), (1, 49), (2, 25))
    assert beeps(wave_of(second)) == pytest.approx([0, 25 / 24, 74 / 24], abs=FRAME / 2)
    assert decode_errors(second) == ""
    assert (second.read_bytes()[8:12] == b"qt  ") == name.endswith(".mov")


def test_other_containers_are_refused(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ends in \.avi, which says no form of film; name it \.mp4"):
        join([shelf / "0.mp4"], tmp_path / "film.avi", tmp_path / "segments")


def test_nothing_is_decoded_and_no_media_library_loaded_for_a_copy(shelf: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from storyboard.cut.join import join; "
        f"join([Path({str(shelf / '0.mp4')!r})] * 2, Path({str(tmp_path / 'f.mp4')!r}), Path('none')); "
        "sys.exit(' '.join({'av', 'numpy', 'PIL', 'moviepy'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_sound_stays_with_its_picture_over_sixty_clips(shelf: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    clips = [shelf / f"{n % 5}.mp4" for n in range(60)]
    report = join(clips, film, tmp_path / "segments")
    starts, at = [], 0
    for number in range(60):
        starts.append(at / 24)
        at += 25 + 24 * (number % 5 % 2)
    heard = beeps(wave_of(film))
    assert report.frames == at
    assert len(heard) == 60
    assert max(abs(sound - picture) for sound, picture in zip(heard, starts, strict=True)) < FRAME / 2
    facts = probe(film)
    assert facts.audio is not None
    assert abs(facts.audio.seconds - facts.video.seconds) <= Fraction(1, 24)
    assert decode_errors(film) == ""


def test_the_same_clips_give_the_same_bytes(shelf: Path, tmp_path: Path) -> None:
    films = [tmp_path / name for name in ("one.mp4", "two.mp4")]
    for film in films:
        join([shelf / "0.mp4", shelf / "1.mp4"], film, tmp_path / "segments")
    assert films[0].read_bytes() == films[1].read_bytes()


ODD = {
    "another size": {"size": (328, 180)},
    "another rate": {"fps": 30, "frames": 30},
    "slower": {"fps": 12, "frames": 13},
    "variable rate": {"times": [0, 25, 50, 130, 150, 175, 200, 290, 310, 350], "frames": 10},
    "another profile": {"options": {"profile": "baseline", "bf": "0"}},
    "another codec": {"codec": "mpeg4"},
    "fragments": {"movflags": "frag_keyframe+empty_moov"},
}


def test_of_equal_clips_one_is_encoded(shelf: Path, tmp_path: Path) -> None:
    """Two that are made at once would write one file."""
    strange = make_clip(tmp_path / "strange.mp4", 9, frames=25, size=(328, 180))
    clips = [shelf / "0.mp4", strange, Path(shutil.copy(strange, tmp_path / "again.mp4"))]
    told: list[Advance] = []
    join(clips, tmp_path / "film.mp4", tmp_path / "segments", progress=told.append)
    made = {each.what for each in told}
    assert "encoding strange.mp4" in made
    assert "encoding again.mp4" not in made
    assert pictures(tmp_path / "film.mp4")[-50:] == [(9, n) for n in range(25)] * 2


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_clip_is_encoded_once(odd: str, shelf: Path, tmp_path: Path) -> None:
    strange = make_clip(tmp_path / "strange.mp4", 9, **{"frames": 25, **ODD[odd]})
    clips = [shelf / "0.mp4", strange, shelf / "2.mp4"]
    film, segments = tmp_path / "film.mp4", tmp_path / "segments"
    report = join(clips, film, segments)
    assert dict(report.encoded)["strange.mp4"]
    seen = pictures(film)
    assert [clip for clip, _ in seen[:25]] == [0] * 25
    assert seen[-25:] == expected((2, 25))
    between = seen[25:-25]
    assert {clip for clip, _ in between} == {9}
    assert len(between) == round(probe(strange).seconds * 24)
    assert [frame for _, frame in between] == sorted(frame for _, frame in between)
    assert probe(film).video.constant
    assert decode_errors(film) == ""
    made = {path: path.stat().st_mtime_ns for path in segments.iterdir()}
    join([*clips, shelf / "4.mp4"], tmp_path / "again.mp4", segments)
    assert all(path.stat().st_mtime_ns == time for path, time in made.items())


@pytest.mark.parametrize(
    "strange",
    [
        {"sound": False},
        {"rate": 44_100},
        {"channels": 1},
        {"sound_at": Fraction(1, 2)},
        {"seconds_of_sound": Fraction(1, 2)},
        {"seconds_of_sound": Fraction(2)},
    ],
)
def test_odd_sound_does_not_touch_the_pictures(strange: dict, shelf: Path, tmp_path: Path) -> None:
    odd = make_clip(tmp_path / "odd.mp4", 7, frames=25, **strange)
    film = tmp_path / "film.mp4"
    report = join([shelf / "0.mp4", odd, shelf / "2.mp4"], film, tmp_path / "segments")
    assert report.copied == ("0.mp4", "odd.mp4", "2.mp4")
    assert pictures(film) == expected((0, 25), (7, 25), (2, 25))
    heard = beeps(wave_of(film))
    late = float(strange.get("sound_at", 0))
    wanted = [0.0, 25 / 24 + late, 50 / 24] if strange.get("sound", True) else [0.0, 50 / 24]
    assert heard == pytest.approx(wanted, abs=FRAME / 2)
    assert decode_errors(film) == ""


@pytest.mark.parametrize(
    ("film_is", "encoded"),
    [({"fps": 30}, 3), ({"rate": 44_100}, 0)],
    ids=["pictures and sound encoded", "sound alone encoded"],
)
def test_loud_clips_that_are_encoded_join_without_a_click(
    film_is: dict, encoded: int, shelf: Path, tmp_path: Path
) -> None:
    """A loud low tone that is at its peak where each clip begins and ends: no step between samples is heard."""
    rate = film_is.get("rate", 48_000)
    wave = np.roll(tone(1, 100, 0.8, rate), rate // 400)
    odd = [sounding(tmp_path / f"{n}.mp4", (-1) ** n * wave, **film_is) for n in range(2)]
    plain = sounding(tmp_path / "plain.mp4", tone(1, 100, 0))
    film = tmp_path / "film.mp4"
    report = join([plain, *odd], film, tmp_path / "segments")
    assert len(report.encoded) == encoded
    heard = wave_of(film)
    assert np.abs(heard[48_000 + 4_800 : 3 * 48_000 - 4_800]).max() > 0.7
    for at in (48_000, 2 * 48_000):
        steps = np.abs(np.diff(heard[at - 2_400 : at + 2_400]))
        assert steps.max() < 0.06, at  # hard ones are 0.35 and more


@pytest.mark.parametrize("harm", [0, 0.1, 0.9], ids=["empty", "without its tables", "without its end"])
@pytest.mark.parametrize("odd", [{"rate": 44_100}, {"fps": 30, "frames": 30}], ids=["sound", "pictures"])
def test_any_harmed_segment_is_made_again(odd: dict, harm: float, shelf: Path, tmp_path: Path) -> None:
    strange = make_clip(tmp_path / "odd.mp4", 7, **{"frames": 25, **odd})
    segments = tmp_path / "segments"
    films = [tmp_path / name for name in ("one.mp4", "two.mp4")]
    join([shelf / "0.mp4", strange], films[0], segments)
    kept = {path: path.read_bytes() for path in segments.iterdir()}
    assert kept
    for path, data in kept.items():
        path.write_bytes(data[: round(len(data) * harm)])
    join([shelf / "0.mp4", strange], films[1], segments)
    assert {path: path.read_bytes() for path in segments.iterdir()} == kept
    assert films[0].read_bytes() == films[1].read_bytes()


def test_silent_clips_make_a_silent_film(tmp_path: Path) -> None:
    clips = [make_clip(tmp_path / f"{n}.mp4", n, frames=10, sound=False) for n in range(2)]
    report = join(clips, tmp_path / "film.mp4", tmp_path / "segments")
    assert not report.audio
    assert probe(tmp_path / "film.mp4").audio is None


@pytest.mark.parametrize(
    ("layout", "channels"), [("mono", 1), ("stereo", 2), ("3.0", 3), ("5.1", 6), ("7.1", 8)]
)
def test_sound_of_any_channels_goes_on_into_silence(layout: str, channels: int, tmp_path: Path) -> None:
    """A clip without sound after one of some channels: what stands there is decoded, and nothing is heard."""
    heard, still = tmp_path / "heard.mp4", make_clip(tmp_path / "still.mp4", 2, sound=False)
    tone = f"aevalsrc={'|'.join(['0.3*sin(3000*t)'] * channels)}:s=48000:c={layout}"
    subprocess.run(
        [
            *(binary(), "-nostdin", "-v", "error", "-i", make_clip(tmp_path / "seen.mp4", 1, sound=False)),
            *("-f", "lavfi", "-i", tone, "-t", str(49 / 24), "-c:v", "copy", "-c:a", "aac", heard),
        ],
        check=True,
    )
    join([heard, still], tmp_path / "film.mp4", tmp_path / "segments")
    assert decode_errors(tmp_path / "film.mp4") == ""
    wave = np.abs(wave_of(tmp_path / "film.mp4"))
    assert wave[24_000:72_000].max() > 0.05
    assert wave[int(49 / 24 * RATE) + 4_096 :].max() < 0.001


def test_packets_that_lie_across_windows_arrive_whole(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "WINDOW", 777)
    join([shelf / "0.mp4", shelf / "1.mp4"], tmp_path / "film.mp4", tmp_path / "segments")
    assert _video_bytes(tmp_path / "film.mp4") == b"".join(_video_bytes(shelf / f"{n}.mp4") for n in (0, 1))


def test_an_identical_cut_is_not_rewritten(shelf: Path, tmp_path: Path) -> None:
    film, segments = tmp_path / "film.mp4", tmp_path / "segments"
    join([shelf / "0.mp4", shelf / "1.mp4"], film, segments)
    before = film.stat()
    again = join([shelf / "0.mp4", shelf / "1.mp4"], film, segments)
    assert not again.written
    assert again.frames == 74
    assert (film.stat().st_mtime_ns, film.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    other = join([shelf / "1.mp4", shelf / "0.mp4"], film, segments)
    assert other.written
    assert pictures(film)[0] == (1, 0)


@pytest.mark.parametrize("content", [b"my notes", None])
def test_a_file_made_elsewhere_is_left_alone(content: bytes | None, shelf: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(content if content is not None else (shelf / "3.mp4").read_bytes())
    before = film.read_bytes()
    with pytest.raises(MediaError, match="not made here"):
        join([shelf / "0.mp4"], film, tmp_path / "segments")
    assert film.read_bytes() == before
    assert join([shelf / "0.mp4"], film, tmp_path / "segments", asked=Wanted(force=True)).written


def test_the_output_can_not_be_one_of_the_clips(shelf: Path, tmp_path: Path) -> None:
    clip = Path(shutil.copy(shelf / "0.mp4", tmp_path / "clip.mp4"))
    with pytest.raises(UsageError, match="one of the clips"):
        join([clip], clip, tmp_path / "segments", asked=Wanted(force=True))


HOSTILE = {
    "playlist": b"#EXTM3U\n#EXTINF:1,\nfile://%s\n#EXT-X-ENDLIST\n",
    "concat list": b"ffconcat version 1.0\nfile %s\n",
    "web page": b"<!doctype html><html>not found</html>",
    "empty": b"",
    "noise": bytes(range(256)) * 20,
    "only a head": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_film_is_refused_by_name(kind: str, shelf: Path, tmp_path: Path) -> None:
    secret = shelf / "1.mp4"
    hostile = tmp_path / "clip-7.mp4"
    hostile.write_bytes(HOSTILE[kind].replace(b"%s", str(secret).encode()))
    with pytest.raises(MediaError, match=r"clip-7\.mp4"):
        join([shelf / "0.mp4", hostile], tmp_path / "film.mp4", tmp_path / "segments")
    assert not (tmp_path / "film.mp4").exists()


def test_a_clip_cut_short_anywhere_is_refused(shelf: Path, tmp_path: Path) -> None:
    whole = (shelf / "0.mp4").read_bytes()
    short = tmp_path / "short.mp4"
    for length in [*range(0, len(whole), 1024), len(whole) - 1]:
        short.write_bytes(whole[:length])
        with pytest.raises(MediaError, match=r"short\.mp4"):
            join([short], tmp_path / "film.mp4", tmp_path / "segments")
    assert not (tmp_path / "film.mp4").exists()
    assert not list(tmp_path.glob(".film*"))


def test_a_damaged_index_never_escapes_as_another_error(shelf: Path, tmp_path: Path) -> None:
    """Every byte of the index wrong in turn: a MediaError that names the clip, or a film that was verified."""
    whole = bytearray((shelf / "0.mp4").read_bytes())
    start = whole.index(b"moov")
    hurt, film = tmp_path / "hurt.mp4", tmp_path / "film.mp4"
    refused = 0
    for at in range(start, len(whole), 7):
        hurt.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            join([hurt], film, tmp_path / "segments", asked=Wanted(force=True))
        except MediaError as error:
            refused += 1
            assert "hurt" in str(error) or "film" in str(error)  # noqa: PT017
    assert refused > 20


def test_names_with_everything_in_them(shelf: Path, tmp_path: Path) -> None:
    names = [
        "-i",
        'a\'b %d "c".mp4',
        "ünï 映画 🎬.mp4",
        "file:x;[0:v].mp4" if sys.platform != "win32" else "x.mp4",
    ]
    clips = [Path(shutil.copy(shelf / "0.mp4", tmp_path / name)) for name in names]
    assert join(clips, tmp_path / "-film 'x'.mp4", tmp_path / "segments").frames == 100


def test_a_disk_that_fills_up_keeps_the_old_cut(shelf: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    film = tmp_path / "film.mp4"
    join([shelf / "0.mp4"], film, tmp_path / "segments")
    before = film.read_bytes()
    code = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
from pathlib import Path
from storyboard.cut.clip import frame_numbers, look
from storyboard.cut.join import join
from storyboard.cut.splice import Picture, sound_of
from storyboard.cut.write import verify
from storyboard.errors import MediaError
try:
    join([Path({str(shelf / "1.mp4")!r})] * 40, Path({str(film)!r}), Path({str(tmp_path)!r}) / "segments")
except MediaError as error:
    sys.exit(f"told: {{error}}")
"""
    assert resource
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "told: " in done.stderr, done.stderr
    assert film.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_dissolve_blends_frames_and_shortens_the_cut(shelf: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    parts = [
        Part("first", shelf / "1.mp4", transition=Transition("dissolve", 12)),
        Part("second", shelf / "3.mp4"),
        Part("third", shelf / "0.mp4"),
    ]
    report = assemble(parts, film, tmp_path / "segments")
    assert report.frames == 49 + 49 + 25 - 12
    seen = pictures(film)
    assert seen[:37] == [(1, frame) for frame in range(37)]
    assert seen[49:86] == [(3, frame) for frame in range(12, 49)]
    assert seen[86:] == expected((0, 25))
    assert decode_errors(film) == ""
    with av.open(str(film), "r", format="mov") as container:
        means = [frame.to_ndarray(format="rgb24")[2:6, :, 0].mean() for frame in container.decode(video=0)]
    blend = means[36:50]
    assert blend == sorted(blend)
    assert blend[-1] - blend[0] > 20
    heard = beeps(wave_of(film))  # the second one's is faded in, and too low to count
    assert heard == pytest.approx([0, 86 / 24], abs=FRAME / 2)


def test_dissolves_longer_than_a_clip_are_refused(shelf: Path, tmp_path: Path) -> None:
    parts = [
        Part("a", shelf / "0.mp4", transition=Transition("dissolve", 20)),
        Part("b", shelf / "2.mp4", transition=Transition("dissolve", 20)),
        Part("c", shelf / "4.mp4"),
    ]
    with pytest.raises(MediaError, match="b is shorter than the transitions"):
        assemble(parts, tmp_path / "film.mp4", tmp_path / "segments")


def test_a_harmed_segment_is_made_again(shelf: Path, tmp_path: Path) -> None:
    odd = make_clip(tmp_path / "odd.mp4", 7, frames=25, size=(328, 180))
    segments = tmp_path / "segments"
    join([shelf / "0.mp4", odd], tmp_path / "one.mp4", segments)
    for segment in segments.iterdir():
        segment.write_bytes(segment.read_bytes()[:2000])
    join([shelf / "0.mp4", odd], tmp_path / "two.mp4", segments)
    assert pictures(tmp_path / "one.mp4") == pictures(tmp_path / "two.mp4") == expected((0, 25), (7, 25))
    assert decode_errors(tmp_path / "two.mp4") == ""


def test_a_file_that_differs_from_the_cut_is_found_out(shelf: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    join([shelf / "0.mp4", shelf / "1.mp4"], film, tmp_path / "segments")
    right = [_picture(shelf / "0.mp4", 0), _picture(shelf / "1.mp4", 25)]
    sounds = [sound_of(picture, picture.clip) for picture in right]
    verify(right, sounds, Fraction(24), film, "film.mp4")
    swapped = [_picture(shelf / "1.mp4", 0), _picture(shelf / "0.mp4", 49)]
    for pictures_, heard in ((swapped, sounds), (right[:1], sounds), (right, [])):
        with pytest.raises(MediaError, match="was not written as it was cut"):
            verify(pictures_, heard, Fraction(24), film, "film.mp4")
    whole = film.read_bytes()
    film.write_bytes(whole[:-1])
    with pytest.raises(MediaError, match="was not written as it was cut"):
        verify(right, sounds, Fraction(24), film, "film.mp4")


def _picture(path: Path, first: int) -> Picture:
    clip = look(path)
    assert clip.video is not None
    numbers = frame_numbers(clip.video, Fraction(24))
    assert numbers is not None
    return Picture(clip, clip.video, numbers, first)


def test_what_killed_runs_left_is_swept_and_what_is_at_work_is_not(shelf: Path, tmp_path: Path) -> None:
    old, young, other = (
        tmp_path / name for name in (".film.0a.part.mp4", ".film.0b.part.mp4", ".flim.0a.part.mp4")
    )
    for path in (old, young, other):
        path.write_bytes(b"half")
    for path in (old, other):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    join([shelf / "0.mp4"], tmp_path / "film.mp4", tmp_path / "segments")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([young.name, other.name, "film.mp4"])
