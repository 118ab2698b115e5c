# ruff: noqa: T201 - a command that prints
"""`python tests/lowest.py`: the lower bounds of pyproject.toml as exact pins, for an environment that proves them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

BOUND = re.compile(r"([A-Za-z0-9_.-]+(?:\[[^\]]*\])?)\s*(?:>=|==)\s*([0-9.]+)")


def pins() -> list[str]:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    asked = [*project["dependencies"], *extras]
    return [f"{found[1]}=={found[2]}" for line in asked if (found := BOUND.match(line))]


if __name__ == "__main__":
    print("\n".join(pins()))
