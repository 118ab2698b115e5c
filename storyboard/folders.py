"""Where schemas/ and templates/ are: inside the package in a wheel, beside it in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The data folder called `name`."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name
