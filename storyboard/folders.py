"""The data folders schemas/ and templates/: a wheel carries them inside the package, a checkout has them beside it."""

from pathlib import Path

HERE = Path(__file__).parent


def folder(name: str) -> Path:
    """Where the data folder of that name is in this installation."""
    packed = HERE / name
    return packed if packed.is_dir() else HERE.parent / name


def texts(*names: str) -> dict[str, str]:
    """The texts in a folder within a data folder, by file name: `texts("templates", "report")`."""
    root, *inner = names
    files = folder(root).joinpath(*inner).iterdir()
    return {path.name: path.read_text(encoding="utf-8") for path in files if path.is_file()}
