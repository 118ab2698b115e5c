"""Debian's Chromium, driven by Playwright: one for a module, since nothing else may run a loop while it is open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = (380, 1024, 1920)
SIZES = {380: (380, 800), 1024: (1024, 768), 1920: (1920, 1080)}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Skipped, loudly, where there is none; what a page says of errors is the test's to judge."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("THERE IS NO CHROMIUM (apt install chromium): no page was looked at in a browser")
    alone = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []  # it refuses root otherwise
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=alone)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own; fails in the end when it said something on its console, or threw."""
    contexts, said = [], []

    def open_(url: str, width: int = 1024, *, quiet: bool = True, **options: Any) -> Page:
        size = dict(zip(("width", "height"), SIZES[width], strict=True))
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        if quiet:
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not said
