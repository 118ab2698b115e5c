"""Sound that is softened at its ends, in whatever pieces it comes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from storyboard.media.stereo import INSTANT, softened


def ones(*lengths: int) -> list[np.ndarray]:
    return [np.ones((2, length), np.float32) for length in lengths]


def whole(pieces: list[np.ndarray], length: int) -> np.ndarray:
    return np.concatenate(list(softened(pieces, length)), axis=1)


def test_both_ends_are_silent_and_what_is_between_is_as_it_was() -> None:
    sound = whole(ones(1_000, 1_000), 1_500)
    assert sound.shape == (2, 1_500)
    assert max(sound[:, [0, -1]].max(), np.abs(np.diff(sound)).max()) < 0.01
    assert (sound[:, INSTANT:-INSTANT] == 1).all()


def test_sound_that_ends_early_fades_there() -> None:
    sound = whole(ones(1_000), 48_000)
    assert sound.shape == (2, 1_000)
    assert sound[0, -1] < 0.01


def test_what_is_softened_is_not_changed_itself() -> None:
    pieces = ones(300, 300)
    whole(pieces, 600)
    assert all((piece == 1).all() for piece in pieces)


@given(st.integers(0, 2_000), st.lists(st.integers(0, 2_000)), st.integers(1, 2_500))
def test_the_pieces_that_it_comes_in_are_no_matter(there: int, cuts: list[int], length: int) -> None:
    edges = sorted({0, there, *(cut for cut in cuts if cut < there)})
    sound = whole(ones(*(end - begin for begin, end in pairwise(edges))), length)
    assert np.array_equal(sound, whole(ones(there), length))
    assert sound.shape[1] == min(there, length)
