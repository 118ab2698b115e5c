"""What a cut is written as: the suffix of `-o` and `--codec` choose a row of this table."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from storyboard.errors import UsageError
from storyboard.media.encode import Setting
from storyboard.media.normal import fitted

if TYPE_CHECKING:
    from pathlib import Path

PREVIEW_SIDES = (640, 360)  # pixels, the longer and the shorter
GIF_SIDE = 480
GIF_RATE = 13  # frames a second, about
THREADS = str(min(8, os.cpu_count() or 1))

VP9 = Setting(
    "vp9-good-32/opus-128k/1",
    {"deadline": "good", "cpu-used": "4", "crf": "32", "row-mt": "1", "tile-columns": "2", "g": "96"}
    | {"threads": THREADS},
    video="libvpx-vp9",
    audio="libopus",
    audio_bits=128_000,
    container="webm",
    muxer={"fflags": "+bitexact", "cues_to_front": "1"},
    bits=0.15,
)
PRORES = Setting(
    "prores-hq/pcm-24/1",
    {"profile": "hq", "vendor": "apl0", "threads": THREADS},
    video="prores_ks",
    pixels="yuv422p10le",
    audio="pcm_s24le",
    audio_bits=None,
    container="mov",
    muxer={"fflags": "+bitexact"},
    bits=7.5,
)
PRORES_IN_MATROSKA = replace(PRORES, container="matroska", muxer=VP9.muxer)


class Form(Struct, frozen=True):
    """A container and what is in it.

    `setting` is what the finished cut is encoded with once more; None: its packets are copied. `pictures` are the
    codings that the file may have when it is read back; `tick`, in seconds, is how exactly the file tells times.
    """

    suffixes: tuple[str, ...]
    codec: str
    told: str
    demuxer: str
    pictures: tuple[str, ...]
    tick: Fraction
    setting: Setting | None = None
    sound: bool = True

    @property
    def straight(self) -> bool:
        """Does the cut's own writer write it, with nothing to be done afterwards?"""
        return self.demuxer == "mov" and self.setting is None

    @property
    def encodes(self) -> bool:
        """Is the finished cut encoded once more for it?"""
        return self.setting is not None or self.demuxer == "gif"

    def size(self, cut: tuple[int, int]) -> tuple[int, int]:
        """The size in this form of a cut of that size."""
        if self.demuxer == "gif":
            return _within(cut, (GIF_SIDE, GIF_SIDE))
        # The coder of ProRes leaves the last column of an odd width green.
        return (cut[0] & ~1, cut[1] & ~1) if self.codec == "prores" else cut

    @property
    def name(self) -> str:
        """All that decides on what becomes of a cut in this form; goes into the marks of files."""
        plain = "gif-480/1" if self.demuxer == "gif" else "copied/1"
        return f"{self.codec} in {self.demuxer}, {self.setting.name if self.setting else plain}"


MS = Fraction(1, 1000)
H264 = ("h264", "hevc")  # hevc comes from clips that are alike and copied
FORMS = (
    Form((".mp4", ".m4v", ".mov"), "h264", "H.264, copied where it can be", "mov", H264, MS),
    Form((".mkv",), "h264", "H.264, copied where it can be", "matroska", H264, MS / 10),
    Form((".webm",), "vp9", "VP9 and Opus", "matroska", ("vp9",), MS, VP9),
    Form((".gif",), "gif", "a GIF that loops, without sound", "gif", ("gif",), MS * 10, sound=False),
    Form((".mov",), "prores", "ProRes 422 HQ and PCM", "mov", ("prores",), MS, PRORES),
    Form((".mkv",), "prores", "ProRes 422 HQ and PCM", "matroska", ("prores",), MS, PRORES_IN_MATROSKA),
)
CODECS = tuple(dict.fromkeys(form.codec for form in FORMS))


def form_of(output: Path, codec: str | None = None) -> Form:
    """What `output` is to be written as. Raises UsageError that lists what goes with what."""
    suffix = output.suffix.lower()
    fitting = [form for form in FORMS if suffix in form.suffixes]
    if not fitting:
        what = f"ends in {suffix}" if suffix else "has no ending"
        raise UsageError(f"{output.name} {what}, which says no form of film; {_known()}.")
    if codec is None:
        return fitting[0]
    if codec not in CODECS:
        raise UsageError(f"--codec {codec} is not known here: choose one of {', '.join(CODECS)}.")
    for form in fitting:
        if form.codec == codec:
            return replace(form, pictures=(codec,))
    ends = [suffix for form in FORMS if form.codec == codec for suffix in form.suffixes]
    raise UsageError(
        f"--codec {codec} does not go into {output.name}: name the film {_either(ends)}, or leave --codec out "
        f"for {fitting[0].told}."
    )


def _known() -> str:
    rows = [f"{_either(form.suffixes)} ({form.told})" for form in FORMS if form.codec != "prores"]
    prores = [suffix for form in FORMS if form.codec == "prores" for suffix in form.suffixes]
    return f"name it {', '.join(rows)}; --codec prores goes into {_either(prores)}"


def _either(words: tuple[str, ...] | list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def preview_size(size: tuple[int, int]) -> tuple[int, int]:
    """A size of the same shape, even, that fits into 640x360 (360x640 when it stands); never larger than it was."""
    long, short = PREVIEW_SIDES
    return _within(size, (long, short) if size[0] >= size[1] else (short, long))


def _within(size: tuple[int, int], most: tuple[int, int]) -> tuple[int, int]:
    room = (min(size[0], most[0]), min(size[1], most[1]))
    return fitted(Fraction(*size), room)


def gif_step(fps: Fraction) -> int:
    """Every how many frames of the cut a GIF shows one: 10 to 16 a second, and never a frame between two."""
    return max(1, round(fps / GIF_RATE))
