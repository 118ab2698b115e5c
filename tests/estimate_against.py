"""`storyboard estimate PATH --against REV` until the command has the option: the same calls, with the same words."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from storyboard.cli.against import against
from storyboard.cli.app import run
from storyboard.cli.costs import bought, refusal
from storyboard.cli.failures import exit_code_of
from storyboard.cli.inputs import Asked
from storyboard.cli.sheets import Format, show
from storyboard.plan.estimate import estimate
from storyboard.report.difference import difference_blocks, difference_document
from storyboard.report.estimate import Costs, estimate_sheet
from storyboard.report.sheet.sheet import Sheet


def estimate_against(
    path: Path, revision: str, form: str, prices: str | None, max_cost: str | None, scenes: list[str]
) -> int:
    asked = Asked(scenes, None, None, prices, max_cost)
    prepared = asked.prepare(path, missing_is_error=False, json=form == "json")
    known = bought(prepared.requests, prepared)
    found = estimate(known.requests, prepared.book, known.steps, known.takes)
    refused = refusal(prepared, found, known.requests)
    comparison = against(revision, prepared, prices=prices, scenes=scenes)
    told = str(refused) if refused is not None else None
    now = estimate_sheet(Costs(f"Estimate of {path}", found, refused=told))
    sheet = Sheet(now.title, (*difference_blocks(comparison), *now.blocks))
    show(Format(form), lambda: sheet, lambda: difference_document(comparison))
    if refused is not None:
        raise refused
    return 0


def main(arguments: list[str]) -> int:
    """Any other command is the program's own."""
    if arguments[:1] != ["estimate"]:
        return run(arguments)
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    for option in ("--against", "--prices", "--max-cost", "--scene"):
        parser.add_argument(option)
    parser.add_argument("--format", default="text")
    asked = parser.parse_args(arguments[1:])
    scenes = [asked.scene] if asked.scene is not None else []
    try:
        return estimate_against(asked.path, asked.against, asked.format, asked.prices, asked.max_cost, scenes)
    except BaseException as failure:  # noqa: BLE001 - as the program itself does
        return exit_code_of(failure)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
