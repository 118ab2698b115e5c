"""What is nearly right: which name was meant, and that the cure which is shown is the one that is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hostile.boards import written
from in_memory import TEXT
from test_check_golden import ERR
from test_fixes import MENDED, NOT_CERTAIN

from storyboard.diagnostics import Diagnostic
from storyboard.location import locate
from storyboard.mend import applied
from storyboard.pipeline import Checked, check
from storyboard.read.compiled import Compiled, JinjaProblem
from storyboard.read.spelling import nearest

KEYS = ("id", "prompt", "duration", "elements", "voice_ids", "negative_prompt", "camera", "dialogue")
CODES = ("SB204", "SB214", "SB309", "SB801", "SB819")
MEANT = [
    ("promt", KEYS, "prompt"),
    ("Prompt", KEYS, "prompt"),
    ("camra", KEYS, "camera"),
    ("durration", KEYS, "duration"),
    ("negativ_promt", KEYS, "negative_prompt"),
    ("neg", KEYS, "negative_prompt"),
    ("SB2O4", CODES, "SB204"),
    ("SB80l", CODES, "SB801"),
    ("lens", KEYS, None),
    ("voices", KEYS, None),
    ("colour", KEYS, None),
    ("ip", KEYS, None),
    ("SB24", CODES, None),
    ("SB999", CODES, None),
    ("kling-v3-5k", ("kling-v3-4k", "kling-v3-pro", "kling-o3-4k"), "kling-v3-4k"),
    ("shot2", ("shot3", "shot4"), None),
    ("bse.j2", ("kling-v3", "kling-v3-labels", "base.j2"), "base.j2"),
]


@pytest.mark.parametrize(("name", "known", "meant"), MEANT, ids=[case[0] for case in MEANT])
def test_the_name_that_was_meant(name: str, known: tuple[str, ...], meant: str | None) -> None:
    assert nearest(name, known) == meant


def test_the_cure_that_is_shown_is_the_cure_that_is_written(tmp_path: Path) -> None:
    texts = [TEXT + text for pair in MENDED.values() for text in pair[:1]]
    texts += [TEXT + text for text in NOT_CERTAIN.values()]
    texts += [path.read_bytes().decode("utf-8", "replace") for path in sorted(ERR.glob("trap-*.yaml"))]
    shown = [
        _is_shown(one, found)
        for text in texts
        for found in [_checked(tmp_path, text)]
        for one in found.diagnostics
    ]
    assert sum(shown) > 15


def _is_shown(one: Diagnostic, found: Checked) -> bool:
    """Are lines shown, which then stand in the mended text?"""
    _, _, lines = (one.hint or "").partition(":\n")
    if not lines or not one.code.startswith("SB0"):
        return False
    assert one.fix is not None, f"lines are shown for what is not certain: {one}"
    assert found.source is not None
    assert lines in applied(found.source, one.fix.edits)[0]
    return True


def _checked(folder: Path, text: str) -> Checked:
    return check(locate(written(folder, text)), {})


def test_a_stock_for_two_storyboards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable) -> None:
    """What one storyboard of a series uses is no waste in another, with a silence and without."""
    monkeypatch.chdir(tmp_path)
    Path("storyboard.toml").touch()
    head = "storyboard: 1\nendpoint: kling-v3-standard-text\ninclude: cast.yaml\nscenes:\n"
    Path("one.yaml").write_text(head + '  - {id: a, prompt: "@cat"}\n')
    Path("two.yaml").write_text(head + '  - {id: a, prompt: "@dog"}\n')
    for remark in ("", "  # storyboard: ignore SB204\n"):
        cast = "elements:\n  cat: {description: a cat}\n" + remark + "  dog: {description: a dog}\n"
        Path("cast.yaml").write_text(cast)
        ran = run("check", "one.yaml", "two.yaml")
        assert (ran.code, ran.out, ran.err) == (0, "", "2 storyboards checked: no problems\n")


JINJA = [
    ("a {{ x", "`}}` is missing"),
    ("{% if x", "`%}` is missing"),
    ("{% if x %}a{% fi %}", "there is no tag `fi`"),
    ("{% if x = 1 %}a{% endif %}", "`=` has no meaning here"),
    ("{% for x in y %}a", "`{% for … %}` is never closed"),
    ("{{ }}", "a name or a value is missing before `}}`"),
    ("{{ x y }}", "`}}` is expected here, not `y`"),
    ("{{ x ? y }}", "`?` has no meaning here"),
]


@pytest.mark.parametrize(("text", "problem"), JINJA, ids=[case[0] for case in JINJA])
def test_jinja_in_our_words(text: str, problem: str) -> None:
    with pytest.raises(JinjaProblem) as caught:
        Compiled(text)
    assert caught.value.values["problem"] == problem
