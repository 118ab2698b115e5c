"""What people call the columns of a shot list."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What people call the columns, without blanks and signs, small. The first that is found is taken, but for those that
# say how a shot is framed, which add up.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "scene": ("scene", "sceneid", "sceneno", "scenenumber", "scenenr", "sc", "sequence", "seq", "szene"),
    "shot": (
        "shot",
        "shotid",
        "shotno",
        "shotnumber",
        "shotname",
        "setup",
        "number",
        "no",
        "nr",
        "id",
        "einstellung",
    ),
    "description": (
        *("description", "desc", "action", "prompt", "shotdescription", "whathappens", "content", "visual"),
        *("visuals", "subject", "subjectmotion", "what", "beschreibung"),
    ),
    "duration": (
        "duration",
        "seconds",
        "secs",
        "sec",
        "length",
        "time",
        "dur",
        "estduration",
        "runtime",
        "dauer",
    ),
    "dialogue": ("dialogue", "dialog", "lines", "speech", "spoken", "script"),
    "audio": ("audio", "sound", "sfx", "soundeffects", "music", "ton"),
    "still": (
        "still",
        "startimage",
        "firstframe",
        "image",
        "frame",
        "picture",
        "reference",
        "file",
        "storyboard",
    ),
    "note": ("note", "notes", "comment", "comments", "remark", "remarks", "notiz"),
    "place": ("location", "set", "setting", "place", "where", "intext", "ort"),
    "endpoint": ("endpoint",),
}
FRAMING = (
    *("camera", "cameramovement", "cameramove", "movement", "move", "kamera"),
    *("shotsize", "size", "framing", "shottype", "type", "angle", "cameraangle", "lens"),
)
BRACKETS = re.compile(r"(?<=\w)\s{0,9}[(\[][^()\[\]]{0,40}[)\]]\s{0,9}$")


def recognised(header: list[str]) -> int:
    """How many columns have a name that we know."""
    known = {name for names in (*COLUMNS.values(), FRAMING) for name in names}
    return sum(bare(name) in known for name in header)


def bare(name: str) -> str:
    """Without blanks and signs, small; without what brackets behind it say, as in `Duration (sec)`."""
    known = BRACKETS.sub("", name) or name
    return "".join(character for character in known.casefold() if character.isalnum())


def columns_of(header: list[str]) -> dict[str, int]:
    """Where our columns stand: the usual name counts more than an unusual one."""
    known = [bare(name) for name in header]
    found = {
        name: next((known.index(each) for each in names if each in known), -1)
        for name, names in COLUMNS.items()
    }
    return {name: place for name, place in found.items() if place >= 0}


def taken_of(header: list[str]) -> frozenset[int]:
    """The places of the columns that we take; the others mean nothing to us, or what one of these says already."""
    framing = (place for place, name in enumerate(header) if bare(name) in FRAMING)
    return frozenset((*columns_of(header).values(), *framing))
