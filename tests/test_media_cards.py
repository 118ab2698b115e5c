"""Title, end and slate: exact lengths, words within the picture, always the same."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_clips import wave_of
from some_fonts import DEJAVU, font_file, needs

from storyboard.errors import MediaError
from storyboard.media.ffmpeg import decode_errors
from storyboard.media.probe import probe
from storyboard.media.slate import drawn_slate, slate_pictures
from storyboard.media.timecode_plate import timecode_plate
from storyboard.media.title import GROUND, Card, Slate, card_key, draw_card, lettered, opacities

FILM = Fraction(24_000, 1_001)
TITLE = Card("The Potter's Morning", 20, "a film in three scenes")
END = Card("Directed by Ana\nWritten by Ben\n\nThanks to all", 20, kind="end")
SLATE = Slate("The Potter's Morning", "dawn", "wide", "2", "fal-ai/kling-video/v3/4k/image-to-video", 12, 995)


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path), "r", format="mov") as container:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]


def inked(frame: np.ndarray) -> np.ndarray:
    return np.abs(frame - GROUND).max(axis=2) > 40


@pytest.mark.parametrize("card", [TITLE, END, SLATE], ids=lambda card: card.kind)
@pytest.mark.parametrize(
    ("size", "fps"),
    [((320, 180), FILM), ((180, 320), Fraction(25)), ((240, 240), Fraction(60)), ((426, 240), Fraction(30))],
)
def test_frames_are_counted_and_words_are_within_the_picture(
    card: Card | Slate, size: tuple[int, int], fps: Fraction, tmp_path: Path
) -> None:
    clip = tmp_path / "card.mp4"
    draw_card(card, clip, size=size, fps=fps, audio=True)
    facts = probe(clip)
    assert (facts.video.frames, facts.video.constant, facts.video.start) == (card.frames, True, 0)
    assert facts.video.frame_rate == pytest.approx(float(fps), abs=0.001)
    assert (facts.video.width, facts.video.height) == size
    assert facts.audio is not None
    assert abs(facts.audio.seconds - card.frames / fps) < 1 / fps
    assert decode_errors(clip) == ""
    assert np.abs(wave_of(clip)).max() < 1e-3
    frames = frames_of(clip)
    ink = inked(frames[card.frames // 2])
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert rows[0] >= size[1] * 0.05
    assert rows[-1] < size[1] * 0.95
    assert columns[0] >= size[0] * 0.05
    assert columns[-1] < size[0] * 0.95
    assert abs((columns[0] + columns[-1]) / 2 - size[0] / 2) < size[0] * 0.02
    assert abs((rows[0] + rows[-1]) / 2 - size[1] / 2) < size[1] * 0.06


def test_words_come_from_the_bare_ground_and_go_back(tmp_path: Path) -> None:
    draw_card(Card("The Potter's Morning", 60), tmp_path / "card.mp4", size=(320, 180), fps=FILM, audio=False)
    assert probe(tmp_path / "card.mp4").audio is None
    frames = frames_of(tmp_path / "card.mp4")
    for bare in (frames[0], frames[-1]):
        assert np.abs(bare - GROUND).max() <= 3
    light = [frame.max() for frame in frames]
    assert light[6] < light[30] - 40
    assert light[30] > 200
    assert max(abs(frames[n] - frames[30]).max() for n in range(13, 47)) < 24
    assert all(later >= earlier - 3 for earlier, later in pairwise(light[:13]))


@given(st.integers(1, 300), st.sampled_from([FILM, Fraction(25), Fraction(60)]))
def test_fades_are_even_at_both_ends(frames: int, fps: Fraction) -> None:
    shown = opacities(frames, fps)
    assert len(shown) == frames
    assert shown == shown[::-1]
    assert all(0 <= share <= 1 for share in shown)
    assert max(shown) == 1
    assert (shown[0] == 0) == (frames > 3)
    half = shown[: (frames + 1) // 2]
    assert half == sorted(half)


def test_a_card_of_one_frame_shows_its_words(tmp_path: Path) -> None:
    draw_card(Card("Fin", 1), tmp_path / "card.mp4", size=(320, 180), fps=FILM, audio=True)
    (frame,) = frames_of(tmp_path / "card.mp4")
    assert inked(frame).any()


@pytest.mark.parametrize("size", [(3840, 2160), (2160, 3840), (380, 214), (160, 90)])
@pytest.mark.parametrize("card", [TITLE, END], ids=lambda card: card.kind)
def test_any_size_is_lettered_within_margins(card: Card, size: tuple[int, int]) -> None:
    left, top, right, bottom = lettered(card, size).getbbox()
    assert left >= size[0] * 0.09
    assert right <= size[0] * 0.91
    assert top >= size[1] * 0.09
    assert bottom <= size[1] * 0.91


def test_a_title_is_large_and_its_subtitle_and_an_end_are_smaller() -> None:
    heights = [
        np.ptp(lettered(Card("Hx", 1, kind=kind), (1280, 720)).getbbox()[1::2]) for kind in ("title", "end")
    ]
    assert heights[0] > 1.6 * heights[1] > 30
    rows = np.flatnonzero(np.asarray(lettered(Card("Hx", 1, "Hx"), (1280, 720)))[:, :, 3].max(axis=1))
    first, rule, second = (part for part in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1))
    assert first.size > 1.7 * second.size > 10 * rule.size


def test_a_long_title_is_wrapped_evenly_and_line_breaks_are_kept() -> None:
    def lines(text: str) -> list[int]:
        ink = np.asarray(lettered(Card(text, 1), (1280, 720)))[:, :, 3] > 60
        rows = np.flatnonzero(ink.any(axis=1))
        parts = np.split(rows, np.flatnonzero(np.diff(rows) > 8) + 1)
        return [int(np.ptp(np.flatnonzero(ink[part].any(axis=0)))) for part in parts]

    widths = lines("A HOUSE AT THE END OF THE ROAD THAT NOBODY EVER TOOK BEFORE")
    assert len(widths) == 3
    assert min(widths) > 0.7 * max(widths)
    assert len(lines("ONE\nTWO\n\nTHREE")) == 3


def test_what_does_not_fit_has_no_words_or_no_frames_is_refused(tmp_path: Path) -> None:
    cure = "make its text shorter, or make two of it."
    for card, told in (
        (
            Card("word and more " * 400, 5),
            f'The title card "{"word and more " * 2}word and mor…" does not fit into the picture: {cure}',
        ),
        (Card(" \n", 5, kind="end"), 'The end card "" has no words: give it a text.'),
        (Card("Fin", 0), 'The title card "Fin" has no frames: give it a longer time.'),
        (
            Slate("t", "s" * 900, "", "", "", 5),
            f"The slate of {'s' * 900} does not fit into the picture: {cure}",
        ),
    ):
        with pytest.raises(MediaError) as refused:
            draw_card(card, tmp_path / "card.mp4", size=(320, 180), fps=FILM, audio=True)
        assert str(refused.value) == told
    assert list(tmp_path.iterdir()) == []


def test_what_no_font_has_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYBOARD_FONTS", str(tmp_path / "none"))
    with pytest.raises(MediaError, match=r'The title card "The Potter" can\'t be lettered: no font .* 王'):
        draw_card(Card("The Potter", 5, "王"), tmp_path / "c.mp4", size=(320, 180), fps=FILM, audio=True)
    assert list(tmp_path.iterdir()) == []


def test_a_card_has_one_look() -> None:
    needs("é")
    text, rest = "Directed by Pérez", "Written by Ben"
    both = np.asarray(lettered(Card(f"{text}\n{rest}", 1, kind="end"), (640, 360)))[:, :, 3]
    alone = np.asarray(lettered(Card(rest, 1, kind="end"), (640, 360)))[:, :, 3]
    lower = both[np.flatnonzero(both.any(axis=1))[0] + 22 :]
    assert np.ptp(np.flatnonzero(lower.any(axis=0))) != np.ptp(np.flatnonzero(alone.any(axis=0)))


def test_any_script_is_lettered() -> None:
    text = "陶工の朝\nصباح الخزاف\n🏺 बर्तन"
    needs(text)
    pixels = np.asarray(lettered(Card(text, 1), (640, 360))).astype(int)
    solid = pixels[pixels[:, :, 3] > 200][:, :3]
    assert (np.ptp(solid, axis=1) > 60).any(), "the vase has colour"


def test_a_slate_counts_and_nothing_else_moves(tmp_path: Path) -> None:
    size = (640, 360)
    draw_card(SLATE, tmp_path / "slate.mp4", size=size, fps=FILM, audio=False)
    frames = frames_of(tmp_path / "slate.mp4")
    _, (left, middle), letters = drawn_slate(SLATE, size)
    plate = timecode_plate(letters, (30, 29, 28, 255), "00:00:00:00")
    top, height = middle - plate.empty.height // 2, plate.empty.height
    for number, text in ((0, "00:00:41:11"), (5, "00:00:41:16"), (11, "00:00:41:22")):
        for at, sign in zip(plate.lefts, text, strict=True):
            x = left + at - plate.lefts[0]
            cell = frames[number][top : top + height, x : x + plate.tiles[sign].width]
            away = {
                one: np.abs(cell - np.asarray(tile)[:, :, :3]).mean()
                for one, tile in plate.tiles.items()
                if tile.width == cell.shape[1]
            }
            assert min(away, key=away.__getitem__) == sign
    first, *others = slate_pictures(SLATE, size, FILM)
    for picture in others:
        changed = (picture != first).any(axis=2)
        assert changed.any()
        changed[top : top + height, left : left + plate.empty.width] = False
        assert not changed.any()


def test_the_key_holds_all_that_decides_on_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = [
        TITLE,
        Card("The Potter's Evening", 20, "a film in three scenes"),
        Card("The Potter's Morning", 21, "a film in three scenes"),
        Card("The Potter's Morning", 20),
        Card("The Potter's Morning", 20, "a film in three scenes", "end"),
        SLATE,
        Slate(
            "The Potter's Morning", "dawn", "wide", "3", "fal-ai/kling-video/v3/4k/image-to-video", 12, 995
        ),
        Slate(
            "The Potter's Morning", "dawn", "wide", "2", "fal-ai/kling-video/v3/4k/image-to-video", 12, 996
        ),
    ]
    assert len({card_key(card) for card in cards}) == len(cards)
    assert card_key(TITLE) == card_key(Card("The Potter's Morning", 20, "a film in three scenes"))
    (tmp_path / DEJAVU).symlink_to(font_file(DEJAVU))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "Another.ttf").write_bytes(font_file(DEJAVU).read_bytes())
    keys = set()
    for folder in (tmp_path, tmp_path / "other"):
        monkeypatch.setenv("STORYBOARD_FONTS", str(folder))
        keys.add(card_key(Card("Ω", 1)))
        assert str(tmp_path) not in "".join(keys), "the same fonts elsewhere give the same key"
    assert len(keys) == 2


def test_the_same_card_is_the_same_film(tmp_path: Path) -> None:
    for name in ("one.mp4", "two.mp4"):
        draw_card(TITLE, tmp_path / name, size=(320, 180), fps=Fraction(25), audio=True)
    one, two = (frames_of(tmp_path / name) for name in ("one.mp4", "two.mp4"))
    assert all(np.array_equal(*pair) for pair in zip(one, two, strict=True))
