"""How loud a sound is (ITU-R BS.1770, EBU R 128), and peaks kept below a ceiling.

windows   |--400 ms--|                 libavfilter's ebur128 weighs and sums them, one each 100 ms
             |--400 ms--|
integrated   their mean: first without silence, then without what is 10 LU below that mean
"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.errors import MediaError
from storyboard.media.encode import RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from storyboard.media.stereo import Sound

HOP = 4_800  # samples from one window to the next
WINDOW = 4 * HOP
SILENT = -70.0  # LUFS: what is lower is not counted
RELATIVE = -10.0  # LU below the mean
TAPS = 32  # of the filter that finds values between samples
NEAR = TAPS // 2  # samples on both sides that a value between them depends on
OVERSHOOT = 4  # times the highest sample: no value between samples is higher
ATTACK = 240  # samples ahead of a peak in which the limiter comes down
RELEASE = 4_800  # samples in which it has let go of nearly nine tenths
FORGOTTEN = 1e-4  # a reduction that is less than a thousandth of a dB
BEFORE = 5 * RELEASE + ATTACK  # samples before a limited one that can matter to it: then all is forgotten
AFTER = ATTACK + NEAR  # and after it


def windows(sound: Sound) -> list[float]:
    """The loudness in LUFS of each 400 ms that end on a multiple of 100 ms, the first at 100 ms. Where a window
    begins before the sound it is counted as silent there. Raises MediaError when there is no room to work in."""
    whole = sound.shape[1] // HOP * HOP
    lines: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="storyboard-") as folder:
            found = Path(folder) / "windows"
            _weigh(sound[:, :whole], found)
            lines = found.read_text(encoding="ascii").splitlines()
    except OSError:
        pass  # as when less was written than there is
    measured = [float(line.partition("=")[2]) for line in lines if "=" in line]
    if len(measured) < whole // HOP:
        raise MediaError(
            f"The loudness could not be measured: see that there is space in {tempfile.gettempdir()}, and that it "
            "may be written, then run the same command again."
        )
    return measured


def _weigh(sound: Sound, found: Path) -> None:
    """Sends whole hops of sound through the meter, which writes down what it finds."""
    import numpy as np

    source, sink, _graph = _meter(found)
    if sound.shape[1]:
        source.push(_frame(np.ascontiguousarray(sound)))
    for _ in range(sound.shape[1] // HOP):
        sink.pull()


def _meter(found: Path) -> tuple[Any, Any, Any]:
    """A filter graph that writes each window's loudness into a file: frames do not carry it in all PyAVs."""
    from av.filter import Graph

    graph = Graph()
    form = {
        "sample_rate": str(RATE),
        "sample_fmt": "fltp",
        "channel_layout": "stereo",
        "time_base": f"1/{RATE}",
    }
    nodes = [
        graph.add("abuffer", **form),
        graph.add("ebur128", framelog="quiet", metadata="1"),
        graph.add("ametadata", mode="print", key="lavfi.r128.M", file=f"file:{found}", direct="1"),
        graph.add("abuffersink"),
    ]
    for node, following in pairwise(nodes):
        node.link_to(following)
    graph.configure()
    return nodes[0], nodes[-1], graph


def _frame(sound: Sound) -> Any:
    import av

    frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    return frame


def integrated(loudness: Sequence[float]) -> float | None:
    """The integrated loudness of windows in LUFS; None when all are silent."""
    import numpy as np

    heard = np.array([each for each in loudness if each > SILENT])
    if not heard.size:
        return None
    power = 10 ** (heard / 10)
    loud = power[heard > 10 * np.log10(power.mean()) + RELATIVE]
    return float(10 * np.log10(loud.mean()))


def true_peak(sound: Sound) -> float:
    """The highest value, between samples too; 1 is full scale."""
    return float(_peaks(sound).max(initial=0))


def limited(sound: Sound, ceiling: float) -> Sound:
    """The same sound, turned down for a moment wherever it would peak above the ceiling. BEFORE samples after
    its begin and AFTER before its end it is as it would be as part of a longer one."""
    import numpy as np

    if np.abs(sound).max(initial=0) * OVERSHOOT <= ceiling:
        return sound
    peaks = _peaks(sound)
    if peaks.max(initial=0) <= ceiling:
        return sound
    too_much = 1 - np.minimum(1, ceiling / np.maximum(peaks, ceiling))
    return sound * (1 - _eased(_held(too_much))).astype(np.float32)


def _held(reduction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reductions that are let go of slowly: each decays, the largest counts."""
    import numpy as np

    fall = np.arange(reduction.size) * (2 / RELEASE)
    with np.errstate(divide="ignore"):
        held = np.exp(np.maximum.accumulate(np.log(reduction) + fall) - fall)
    kept: NDArray[np.float64] = np.where(held > FORGOTTEN, held, 0)
    return kept


def _eased(reduction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reductions that are come down to ahead of time, at least as deep as asked everywhere."""
    import numpy as np

    count = reduction.size
    padded = np.pad(reduction, (ATTACK, -(count + ATTACK) % ATTACK + 2 * ATTACK))
    rows = padded.reshape(-1, ATTACK)
    ahead = np.maximum.accumulate(rows, axis=1).ravel()
    behind = np.maximum.accumulate(rows[:, ::-1], axis=1)[:, ::-1].ravel()
    highest = np.maximum(behind[: -ATTACK + 1], ahead[ATTACK - 1 :])  # of each ATTACK samples
    sums = np.concatenate([[0], np.cumsum(highest)])
    eased: NDArray[np.float64] = (sums[ATTACK:] - sums[:-ATTACK])[1 : count + 1] / ATTACK
    return eased


def _peaks(sound: Sound) -> NDArray[np.float64]:
    """At each sample the highest value of both channels from it to the next one, four looked at."""
    import numpy as np

    highest = np.abs(sound).max(axis=0)
    for quarter in (1, 2, 3):
        place = np.arange(-NEAR + 1, NEAR + 1) - quarter / 4
        kernel = (np.sinc(place) * np.cos(np.pi / 2 * place / (NEAR + 0.5)) ** 2).astype(np.float32)
        for channel in np.pad(sound, ((0, 0), (NEAR - 1, NEAR))):
            np.maximum(highest, np.abs(np.convolve(channel, kernel[::-1], "valid")), out=highest)
    precise: NDArray[np.float64] = highest.astype(np.float64)
    return precise
