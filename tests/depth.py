"""How deep the long proofs go: in CI a sample that fits its time, all of it where `STORYBOARD_PROOFS=whole` is set."""

from __future__ import annotations

import os

VARIABLE = "STORYBOARD_PROOFS"
WHOLE = os.environ.get(VARIABLE) == "whole"


def either(sample: int, whole: int) -> int:
    """A number for CI, or the one for everything."""
    return whole if WHOLE else sample
