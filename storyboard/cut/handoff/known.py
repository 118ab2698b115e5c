"""What is known of a strip, as plain values for the metadata of other programs' documents; money as exact text."""

from __future__ import annotations

from typing import Any

from storyboard.cut.handoff.strip import SoundStrip, Strip


def known_of_strip(strip: Strip) -> dict[str, Any]:
    """Without what is not known. `item` is what the way back needs: of which piece of the cut it is a part, and how
    its sound changes to the next."""
    known = (
        {**_of_card(strip), "item": _item(strip)} if strip.card else {**_of_shot(strip), **_of_take(strip)}
    )
    return {name: value for name, value in known.items() if value is not None}


def known_of_cue(strip: SoundStrip) -> dict[str, str]:
    cue = strip.cue
    return {
        "file": cue.file,
        "at": str(cue.at),
        "gain_db": str(cue.gain),
        "fade_in": str(cue.fade_in),
        "fade_out": str(cue.fade_out),
        "duck_db": str(cue.duck),
    }


def _of_card(strip: Strip) -> dict[str, Any]:
    card = strip.card
    if card is None:
        return {}
    return {"card": {"text": card.text, "subtitle": card.subtitle, "seconds": str(card.seconds)}}


def _of_shot(strip: Strip) -> dict[str, Any]:
    return {
        "scene": strip.scene.id,
        "shot": strip.shot.id,
        "take": strip.number,
        "endpoint": strip.scene.endpoint,
        "prompt": strip.prompt,
        "note": strip.shot.note,
        "scene_note": strip.scene.note,
        "dialogue": [{"speaker": each.speaker, "line": each.line} for each in strip.shot.dialogue],
        "item": _item(strip),
    }


def _of_take(strip: Strip) -> dict[str, Any]:
    take = strip.take
    if take is None:
        return {}
    return {
        "request_id": take.request_id,
        "digest": take.digest,
        "clip": take.clip,
        "estimate": str(take.estimate) if take.estimate is not None else None,
        "charge": str(take.charge) if take.charge is not None else None,
    }


def _item(strip: Strip) -> dict[str, Any]:
    item: dict[str, Any] = {"number": strip.piece, "name": strip.item}
    if strip.change is not None and strip.change.made.early:
        item["sound_cut"] = strip.change.made.early
    return item
