"""Two request bodies beside each other: what a person should see when one was taken for the other."""

from __future__ import annotations

import json


def differing(ours: str, theirs: str) -> str:
    """How one of two requests is another, by their bodies as JSON: `it differs in cfg_scale, prompt`."""
    mine, other = json.loads(ours), json.loads(theirs)
    names = [name for name in sorted({*mine, *other}) if mine.get(name) != other.get(name)]
    return f"it differs in {', '.join(names)[:200]}" if names else "it was for another endpoint"
