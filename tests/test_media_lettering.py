"""Words in whatever script: joined, in the order of reading, a face for each run, nothing broken within a character."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from some_fonts import DEJAVU, font_file, needs, picture_of

from storyboard.errors import MediaError
from storyboard.media.bidi import as_seen, levels, runs_to_the_left
from storyboard.media.clusters import clusters
from storyboard.media.cmap import coverage
from storyboard.media.fonts import shapes
from storyboard.media.lettering import look_of, plate, row, runs, width_of, wrapped
from storyboard.media.missing import certain, drawable, undrawable
from storyboard.media.moving_still import MovingStill, left_out

FAMILY, THUMB, GERMANY, ENGLAND = (
    "👩‍👩‍👧",
    "👍🏽",
    "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
)
NON_JOINER = "\u200c"


def seen(text: str) -> str:
    """The characters from left to right."""
    found = levels(text, left=runs_to_the_left(text))
    return "".join(text[at] for at in as_seen(range(len(text)), lambda at: found[at]))


@pytest.mark.parametrize(
    ("text", "from_left"),
    [
        ("a b", "a b"),
        ("אבג", "גבא"),
        ("car אבג end", "car גבא end"),
        ("אבג car דה", "הד car גבא"),
        ("אבג 12.5 דה", "הד 12.5 גבא"),
        ("a (אב) c", "a (בא) c"),
        ("אב (ab) גד", "דג )ab( בא"),  # the shaper mirrors brackets that run to the left
        ("אב!", "!בא"),
        ("a אב, 12 ג.", "a ג 12 ,בא."),
        ("\u200fab אב", "בא ab\u200f"),
    ],
)
def test_the_order_is_that_of_reading(text: str, from_left: str) -> None:
    assert seen(text) == from_left


@given(st.text(alphabet="abאבת12٣ .,:()[]+%-$!/", min_size=1, max_size=9))
def test_the_order_is_fribidis_too(text: str) -> None:
    """The whole line drawn by Pillow with FriBiDi is the line that is drawn run by run in our order."""
    letters = _dejavu()
    left = runs_to_the_left(text)
    found = levels(text, left=left)
    order = as_seen(range(len(text)), lambda at: found[at])
    x, ours = 20.0, Image.new("L", (500, 90))
    for level, places in groupby(order, lambda at: found[at]):
        part, way = "".join(text[at] for at in sorted(places)), "rtl" if level % 2 else "ltr"
        ImageDraw.Draw(ours).text((x, 60), part, 255, letters, "ls", direction=way)
        x += letters.getlength(part, direction=way)
    theirs = Image.new("L", (500, 90))
    ImageDraw.Draw(theirs).text((20, 60), text, 255, letters, "ls", direction="rtl" if left else "ltr")
    ink = np.asarray(theirs, int).sum() / 255
    assert np.abs(np.asarray(ours, int) - np.asarray(theirs, int)).sum() / 255 <= max(40, ink / 4)


def _dejavu() -> ImageFont.FreeTypeFont:
    needs("אب")
    return ImageFont.truetype(str(font_file(DEJAVU)), 40, layout_engine=ImageFont.Layout.RAQM)


def test_arabic_is_joined_and_runs_to_the_left() -> None:
    needs("بيت")
    joined, isolated = picture_of("بيت"), picture_of(NON_JOINER.join("بيت"))
    assert joined.shape[1] < 0.85 * isolated.shape[1]
    ink = joined[:, :, 3] > 100
    assert (ink.any(axis=0)[2:-2]).all(), "joined letters leave no gap"
    dots = ink[ink.shape[0] * 3 // 4 :]
    right, left = dots[:, dots.shape[1] // 2 :].sum(), dots[:, : dots.shape[1] // 3].sum()
    assert right > left, "the dot below belongs to the first letter, on the right"


def test_hebrew_begins_on_the_right() -> None:
    needs("שלום")
    both, first = picture_of("של")[:, :, 3], picture_of("ש")[:, :, 3]
    assert np.abs(both[:, -first.shape[1] :] - first).mean() < 12


def test_marks_and_conjuncts_are_stacked() -> None:
    needs("क्ष ที่")
    assert width_of(row("क्ष"), 40) < 0.8 * width_of(row(f"क्{NON_JOINER}ष"), 40)
    assert width_of(row("ที่"), 40) == width_of(row("ท"), 40)


def test_chinese_is_no_box_and_takes_the_form_of_its_language() -> None:
    needs("你好直の")
    pictures = [picture_of(sign) for sign in ("你", "好", "\U0010fffe")]
    assert all((picture[:, :, 3] > 128).mean() > 0.08 for picture in pictures[:2])
    assert not np.array_equal(pictures[0], pictures[1])
    chinese, japanese = picture_of("直"), picture_of("直の")[:, :40]
    assert np.abs(chinese - japanese).mean() > 3
    assert np.array_equal(chinese, picture_of("直好")[:, :40])


@pytest.mark.parametrize("emoji", ["😀", FAMILY, THUMB, GERMANY, ENGLAND, "1️⃣", "❤️"])
def test_emoji_are_coloured_and_one_picture(emoji: str) -> None:
    needs(emoji)
    picture = picture_of(emoji)
    solid = picture[picture[:, :, 3] > 200]
    colours = {tuple(pixel // 32) for pixel in solid[:, :3]}
    assert len(colours) > 4
    assert width_of(row(emoji), 40) == width_of(row("😀"), 40)
    assert 38 <= picture.shape[1] <= 52


def test_a_sign_of_text_is_not_made_an_emoji() -> None:
    needs("❤")
    pixels = picture_of("❤\ufe0e")
    solid = pixels[pixels[:, :, 3] > 200]
    assert len({tuple(pixel) for pixel in solid[:, :3]}) == 1


def test_a_mixed_line_has_a_face_for_each_run() -> None:
    text = f"Take 2 · 你好 {FAMILY} مرحبا end"
    needs(text)
    found = runs(row(text))
    assert "".join(run.text for run in found) == text  # all of it, from left to right
    files = {run.text.strip(): Path(run.face.file).name for run in found}
    assert files["Take 2 ·"] == files["end"] == ""  # Pillow's own
    assert len({files["你好"], files[FAMILY], files["مرحبا"], ""}) == 4
    assert [run.text for run in found if run.level] == ["مرحبا"]


def test_a_word_does_not_change_its_look_midway() -> None:
    needs("Māori")
    assert len({run.face for run in runs(row("Māori waiata"))}) == 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("e\u0301a", ["e\u0301", "a"]),
        (f"{FAMILY}{THUMB}{GERMANY}{GERMANY}", [FAMILY, THUMB, GERMANY, GERMANY]),
        (f"{ENGLAND}x", [ENGLAND, "x"]),
        ("1️⃣2", ["1️⃣", "2"]),
        ("क्षत्रिय", ["क्ष", "त्रि", "य"]),
        ("น้ำที่", ["น้ำ", "ที่"]),
        ("각", ["각"]),
        ("\u0301a", ["\u0301", "a"]),
        ("می\u200cروم", ["م", "ی\u200c", "ر", "و", "م"]),
    ],
)
def test_what_a_reader_takes_for_one_character(text: str, parts: list[str]) -> None:
    assert clusters(text) == parts


PIECES = [
    "a",
    "word",
    " ",
    "  ",
    "\n",
    "你",
    "好",
    "。",
    "「",
    "e\u0301",
    FAMILY,
    THUMB,
    GERMANY,
    "क्ष",
    "ที่",
    "שלום",
    "-",
    "/",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.integers(40, 400))
def test_lines_fit_lose_nothing_and_break_nothing(text: str, width: int) -> None:
    text = drawable(text)
    lines = wrapped(text, 20, width)
    for line in lines:
        assert width_of(line, 20) <= width or len(clusters(line.text)) == 1
        assert line.text == line.text.strip()
    assert "".join(line.text for line in lines).replace(" ", "") == "".join(text.split())
    apart = [cluster for line in lines for cluster in clusters(line.text) if cluster != " "]
    assert apart == [cluster for word in text.split() for cluster in clusters(word)]


def test_lines_are_of_about_one_length_and_end_where_they_may() -> None:
    needs("他坐在轮子旁边")
    lines = wrapped("the potter sits down at the wheel and turns it slowly", 20, 380)
    lengths = [width_of(line, 20) for line in lines]
    assert len(lines) == 2
    assert min(lengths) > 0.7 * max(lengths)
    lines = wrapped("他坐在轮子旁边，慢慢转动。「早上好」，他说。" * 3, 20, 130)
    assert len(lines) > 8
    assert not [line.text for line in lines if line.text[0] in "，。」" or line.text[-1] == "「"]
    assert [line.text for line in wrapped("kling-video/standard", 20, 130)] == ["kling-video/", "standard"]


def test_the_rest_is_an_ellipsis_and_a_paragraph_keeps_its_direction() -> None:
    needs("שלום")
    lines = wrapped("שלום Kling Video Standard Image and more " * 4, 20, 200, 2)
    assert len(lines) == 2
    assert lines[1].text.endswith("…")
    assert width_of(lines[1], 20) <= 200
    assert [line.left for line in lines] == [True, True]
    assert runs(lines[1])[0].text.startswith("…"), "the end of what runs to the left is on the left"


def test_words_do_not_leave_their_plate() -> None:
    needs("ที่ नमस्ते")
    for text in ("Ågjpqy", "ที่ ปู่ ญี่ปุ่น", "नमस्ते र्क्रीं", "😀 mixed"):
        pixels = np.asarray(plate([row(text)], 40)).astype(int)
        bright = pixels[:, :, :3].max(axis=2) > 100
        assert bright.any()
        bright[2:-2, 4:-4] = False
        assert not bright.any()


@pytest.mark.parametrize("name", ["", DEJAVU, "NotoSansCJK-Regular.ttc"])
def test_the_character_map_says_what_a_font_draws(name: str) -> None:
    data = ImageFont.load_default(20).font_bytes if not name else font_file(name).read_bytes()
    covered = coverage(BytesIO(data))
    letters = ImageFont.truetype(BytesIO(data), 24, layout_engine=ImageFont.Layout.BASIC)
    nothing = letters.getmask("\U0010fffe")
    drawn = set()
    for character in map(chr, [*range(0x21, 0x600), *range(0x600, 0x3000, 7), *range(0x4E00, 0x4E40)]):
        mask = letters.getmask(character)
        if (mask.size, bytes(mask)) != (nothing.size, bytes(nothing)):
            drawn.add(character)
            assert character in covered, hex(ord(character))
    assert len(drawn) > 90
    assert "\U0010fffe" not in covered


def test_a_damaged_font_has_no_characters_and_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ImageFont.load_default(20).font_bytes
    for length in range(0, len(data), 61):
        assert "你" not in coverage(BytesIO(data[:length]))
    for spoilt in (b"", b"no font", b"ttcf" + bytes(40), b"\0\1\0\0" + b"\xff" * 400):
        assert "A" not in coverage(BytesIO(spoilt))
    whole = font_file(DEJAVU).read_bytes()
    (tmp_path / "NotoSans-Regular.ttf").write_bytes(whole[:400_000])
    (tmp_path / "ZZ.ttf").write_bytes(whole)
    monkeypatch.setenv("STORYBOARD_FONTS", str(tmp_path))
    assert {Path(run.face.file).name for run in runs(row("Ωմ"))} <= {"NotoSans-Regular.ttf", "ZZ.ttf"}
    assert picture_of("Ωմ")[:, :, 3].any()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "Take 1: 你好，世界人民大",
            (
                "你, 好, 世, 界, 人 and 3 more (Chinese characters, signs). Install fonts (Debian, Ubuntu: "
                "apt install fonts-noto-cjk; macOS and Windows have them), "
            ),
        ),
        (
            "😀 مرحبا",
            (
                "م, ر, ح, ب, ا and 1 more (emoji, Arabic). Install fonts (Debian, Ubuntu: "
                "apt install fonts-noto-color-emoji fonts-noto-core; macOS and Windows have them), "
            ),
        ),
        ("a\ue000\u0378", "U+E000, U+0378. Leave them out, "),
    ],
)
def test_what_no_font_has_is_an_error_with_its_cure(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shapes():
        pytest.skip("not proved on this machine: Pillow finds no FriBiDi")
    monkeypatch.setenv("STORYBOARD_FONTS", str(tmp_path))
    with pytest.raises(MediaError) as refused:
        certain(text, 'The title card "x"')
    assert str(refused.value) == (
        f'The title card "x" can\'t be lettered: no font on this machine has {told}'
        "or name a folder with such a font in STORYBOARD_FONTS."
    )


def test_captions_leave_out_what_no_font_has_and_tell_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYBOARD_FONTS", str(tmp_path))
    shots = [
        MovingStill(None, 1, "push", "she says 好 and 你好", "a"),
        MovingStill(None, 1, "push", "plain", "b 𓀀"),
    ]
    assert left_out(shots) == ("好", "你", "𓀀")
    assert drawable("she says 好 and 你好") == "she says  and "
    assert left_out([MovingStill(None, 1, "push", "plain", "dawn · wide")]) == ()
    assert undrawable("\x07\x1b[31m \u202e tab\t") == ()


def test_a_folder_of_fonts_stands_in_for_the_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look_of("Ω")
    (tmp_path / DEJAVU).symlink_to(font_file(DEJAVU))
    monkeypatch.setenv("STORYBOARD_FONTS", str(tmp_path))
    assert undrawable("Ω你") == ("你",)
    assert look_of("Ω")[2].startswith(DEJAVU)
    assert look_of("Ω") != before or before[2].startswith(DEJAVU)
    assert look_of("plain") == look_of("words")


WITHOUT_SHAPER = """
from PIL import features
features.check = lambda feature, check=features.check: feature != "raqm" and check(feature)
from storyboard.errors import MediaError
from storyboard.media.lettering import row, runs, width_of
from storyboard.media.missing import certain, drawable
assert width_of(row("plain café"), 30) > 100
assert drawable("a مرحبا नमस्ते b") == "a   b", drawable("a مرحبا नमस्ते b")
try:
    certain("مرحبا", "The end card")
except MediaError as error:
    print(error)
"""


def test_without_a_shaper_nothing_is_drawn_wrong() -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", WITHOUT_SHAPER],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == (
        "The end card can't be lettered: this Pillow can't shape م, ر, ح, ب, ا (Arabic). Install FriBiDi (Debian, "
        "Ubuntu: apt install libfribidi0; macOS: brew install fribidi; Windows: put fribidi-0.dll on the PATH).\n"
    )
