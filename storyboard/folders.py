"""The data folders schemas/ and templates/: a wheel carries them inside the package, a checkout has them beside it."""

from pathlib import Path

HERE = Path(__file__).parent


def folder(name: str) -> Path:
    """Where the data folder of that name is in this installation."""
    packed = HERE / name
    return packed if packed.is_dir() else HERE.parent / name
