"""What a direction asks of the camera: the move that its words name first, the way that they say it goes.

slow pan from left to right, then static        pan-right
locked off, no drift; no camera movement        static
she pushes the door open                        nothing: in prose a move is sure, or the camera is named
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

UNASKED = "drift"  # a still that rests where nothing was said looks like a fault
CLAUSE = re.compile(r"[,.;:!?\n—，。；、：]|\b(?:then|before|after|while|as|until)\b|然后|接着|同时")
CAMERA = re.compile(r"\b(?:camera|cam|lens|gimbal|steadicam)\b|镜头|鏡頭|カメラ|카메라")
DENIED = re.compile(r"\b(?:no|not|never|without|don't|doesn't|any)(?: \w+){0,2} ?$|[不无没]$|没有$")
FROM_TO = re.compile(
    r"\b(?:left|right|up|down)[ -]to[ -](?:the )?(left|right|up|down)\b|[从從].[到向至往](.)"
)
WAYS = (
    ("left", r"\bleft(?:wards?)?\b|左"),
    ("right", r"\bright(?:wards?)?\b|右"),
    ("up", r"\bup(?:wards?)?\b|上|升"),
    ("down", r"\bdown(?:wards?)?\b|\blower\w*|\bdescend\w*|下|降"),
    ("out", r"\bout(?:wards?)?\b|\bback(?:wards?)?\b|\baway\b|远|遠|アウト"),
    ("in", r"\bin(?:to|wards?)?\b|\bforwards?\b|\bcloser\b|\btowards?\b|近|イン"),
)  # fmt: skip
# How much of a still is seen of a shot that is nearer than it; the first that is named.
NEARER = (
    (0.5, r"\b(?:extreme close|macro|detail shot|insert)|大特写"),
    (0.74, r"\bmedium close|中近景"),
    (0.6, r"\bclose[- ]?ups?\b|\bclose (?:on|shot)\b|特写|近景|クローズアップ|클로즈업"),
    (0.8, r"\b(?:medium|mid)(?:[- ]?(?:wide|full|long))? shot\b|\b(?:waist|cowboy) shot\b|中景"),
)  # fmt: skip
BESIDE = 48  # characters on each side of a sign in which its way is looked for, at most to the clause's end


class Family(Struct, frozen=True):
    """Words for one kind of move; `ways` says what it is by the way it goes, "" without one."""

    ways: tuple[tuple[str, str], ...]
    signs: str  # with commas

    @property
    def words(self) -> list[str]:
        return self.signs.split(", ")


def _family(ways: str, signs: str) -> Family:
    pairs = (each.partition("=") for each in ways.split())
    return Family(tuple((way if move else "", move or way) for way, _, move in pairs), signs)


ACROSS = "left=pan-left right=pan-right up=tilt-up down=tilt-down"
RIDES = f"pan-right in=push out=pull {ACROSS}"
CRANES, ARCS, ZOOMS = (
    "crane-up down=crane-down",
    "arc-right left=arc-left",
    "zoom-in out=zoom-out",
)
# Said of nothing but a camera, wherever they stand.
CERTAIN = (
    _family("handheld", "handheld, hand-held, hand held, shaky cam, shaky camera, 手持, 手持ち"),
    _family("pov", "pov, point of view, point-of-view, first person, first-person, subjective camera, 主观镜头"),
    _family("whip-right left=whip-left", "whip pan, whip-pan, swish pan, 甩镜头"),
    _family("focus", "rack focus, rack-focus, pull focus, focus pull, focus shift, focus drift, shift focus, 移焦"),
    _family("push", "dolly zoom, dolly-zoom, vertigo effect, push in, push-in, slow push, 推镜头, 推近"),
    _family("pull", "pull back, pull out, pull-back, pull-out, slow pull, 拉镜头, 拉远"),
    _family(RIDES, "dolly, dollies, truck left, truck right, tracking shot, track left, track right, 跟拍"),
    _family(ZOOMS, "zoom, ズーム, 变焦, 變焦"),
    _family(f"pan-right {ACROSS}", "pan left, pan right, pan to, pan across, pan slowly, slow pan, パン, 摇镜头"),
    _family("tilt-up down=tilt-down", "tilt up, tilt down, slow tilt, ティルト"),
    _family(CRANES, "crane up, crane down, crane shot, jib, boom up, boom down, pedestal up, pedestal down"),
    _family(ARCS, "arc shot, arc left, arc right, orbit shot, slow orbit, 环绕, 環繞"),
    _family("static", "static, locked-off, locked off, lock-off, locked down, tripod, fixed shot, 固定"),
)  # fmt: skip
# Also said of people and things: meant of the camera in its own section, or where a clause names it.
OPEN = (
    _family("push", "push, creep, close in, move in, move closer, approach, advance, 推"),
    _family("pull", "pull, widen, retreat, recede, move back, move away, 拉"),
    _family(RIDES, "truck, track, slide, move, travel, 移"),
    _family(f"push out=pull {ACROSS}", "follow, drift, float, fly, glide, steadicam, drone, movement"),
    _family(f"pan-right {ACROSS}", "pan, sweep, 摇, 搖"),
    _family("tilt-up down=tilt-down", "tilt"),
    _family(CRANES, "crane, boom, pedestal, rise, descend, lower, 升, 降"),
    _family(ARCS, "arc, orbit, circle, revolve, rotate around, move around"),
    _family("static", "still, steady, fixed, locked, motionless, stationary, hold, stay"),
    _family("handheld", "shaky, documentary"),
)


def part_of(direction: str) -> float:
    """How much of a still a shot of this size shows: all of it where none is said, or a wide one."""
    found = [
        (match.start(), -len(match[0]), part)
        for part, sign in NEARER
        if (match := re.search(sign, direction, re.IGNORECASE))
    ]
    return min(found)[2] if found else 1.0


def move_of(camera: str, prose: str = "") -> str:
    """The move that the camera's section asks for, else the shot's prose; hardly any where neither does."""
    return asked_move(camera, prose) or UNASKED


def asked_move(camera: str, prose: str) -> str | None:
    """The same; None where nothing is asked."""
    if camera.strip():
        return _first(camera, (*CERTAIN, *OPEN))
    found = _first(prose, CERTAIN)
    clauses = (clause for clause in CLAUSE.split(prose.casefold()) if CAMERA.search(clause))
    return found or next((move for clause in clauses if (move := _first(clause, OPEN))), None)


def _first(text: str, families: tuple[Family, ...]) -> str | None:
    """The move whose sign comes first in the text; of two there, the longer."""
    folded = text.casefold()
    places = [(start, -end, family) for family in families for start, end in _places(family, folded)]
    found = [each for each in places if not _denied(folded, each[0])]
    if not found:
        return "static" if places else None
    start, end, family = min(found, key=lambda each: each[:2])
    ways = dict(family.ways)
    return ways[""] if len(ways) == 1 else ways.get(_way(folded, start, -end, ways), ways[""])


def _places(family: Family, text: str) -> Iterator[tuple[int, int]]:
    """Where its signs stand, as words of their own: a pullover is no pull."""
    for sign in family.words:
        if sign[:3] in text:
            yield from (match.span() for match in _wording(sign).finditer(text))


def _denied(text: str, start: int) -> bool:
    """Is it said that this is not to be?"""
    return DENIED.search(text[max(0, start - BESIDE) : start]) is not None


@lru_cache(1_024)
def _wording(sign: str) -> re.Pattern[str]:
    if not sign.isascii():
        return re.compile(re.escape(sign))
    words = [
        rf"{word.removesuffix('e')}(?:{'e' if word.endswith('e') else ''}|e?s|[np]?ed|[np]?ing)"
        for word in sign.split()
    ]
    return re.compile(rf"(?<![a-z]){' '.join(words)}(?![a-z])")


def _way(text: str, start: int, end: int, ways: dict[str, str]) -> str:
    """Where a move goes: of "from left to right" the end, else what is said behind its sign, else before it."""
    before = CLAUSE.split(text[max(0, start - BESIDE) : start])[-1]
    behind = text[start:end] + CLAUSE.split(text[end : end + BESIDE])[0]
    aimed = FROM_TO.search(before + behind)
    if aimed is not None:
        return next(_ways(aimed[1] or aimed[2] or "", ways), "")
    return next(_ways(behind, ways), "") or next(reversed([*_ways(before, ways)]), "")


def _ways(text: str, ways: dict[str, str]) -> Iterator[str]:
    """In the order of the text."""
    found = [(match.start(), way) for way, sign in WAYS if way in ways for match in re.finditer(sign, text)]
    return (way for _, way in sorted(found))
