"""The page of `storyboard report` in a real browser: as it is laid out, filtered, played, read out and printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from a_browser import WIDTHS, chromium, opened
from a_page import FILM, project
from made_clips import make_clip
from npm import unpacked
from playwright.sync_api import Page, expect

from storyboard.cli import app

__all__ = ["chromium", "opened"]

Open = Callable[..., Page]
WRONG = FILM.replace("note: on the beat", "nte: on the beat").replace(
    "title: Two at a table", "title: \"<img src=x onerror='window.hit=1'>\""
)
SERIOUS = {"serious", "critical"}
CUT_OFF = """
[...document.querySelectorAll("h1, h2, h3, .prompt, .finding p, .decided, figcaption")]
  .filter((each) => !each.matches(".unseen") && each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.textContent)
"""
GAPS = """() => {
  const edge = (selector) => Math.round(document.querySelector(selector).getBoundingClientRect().right);
  const gaps = [];
  for (; document.querySelector(".sum"); document.querySelector(".sum:last-child").remove())
    gaps.push(edge(".sums") - edge(".sum:last-child"));
  return gaps;
}"""
REPLACED = """(ids) => {
  for (const id of ids) {
    const old = document.getElementById(id);
    old.outerHTML = old.outerHTML.replaceAll('hidden=""', "");
  }
}"""
INJECTED = """() => {
  window.refused = [];
  document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
  const made = (tag, values) => document.body.append(Object.assign(document.createElement(tag), values));
  document.body.insertAdjacentHTML("beforeend", "<img src='data:,x' onerror='window.hit=1'><p style='color:red'>x");
  made("script", {textContent: "window.hit=2"});
  made("img", {src: "https://example.com/x.png"});
  fetch("https://example.com/").catch(() => {});
}"""
FOCUSED = """() => {
  const at = document.activeElement, chip = at.parentElement.matches(".chip") ? at.nextElementSibling : at;
  const box = chip.getBoundingClientRect();
  return [at.name || at.dataset?.does || at.tagName, getComputedStyle(chip).outlineStyle, box.width * box.height > 0];
}"""


@dataclass(frozen=True)
class Pages:
    """Addresses: of a film with two takes of one scene and none of the other, and of one with errors and markup."""

    film: str
    wrong: str


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("pages")
    film, wrong = project(folder / "film"), project(folder / "wrong", WRONG)
    for number in (1, 2):
        clip = make_clip(folder / f"{number}.mp4", number, frames=72, size=(640, 360))
        assert app.run(["take", "add", str(film), "turn", str(clip)]) == 0
    assert app.run(["report", str(film)]) == 0
    assert app.run(["report", str(wrong)]) == 1
    return Pages((film / "report.html").as_uri(), (wrong / "report.html").as_uri())


def shown(page: Page) -> list[str]:
    return [each.get_attribute("data-scene") or "" for each in page.locator("#scenes > :visible").all()]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def until(page: Page, condition: str) -> None:
    """Waits, frame by frame, for what an expression says. (Playwright's own way is refused by the page's policy.)"""
    page.evaluate(f"async () => {{ while (!({condition})) await new Promise(requestAnimationFrame); }}")


def test_it_opens_and_is_filtered(run: Callable[..., Any], opened: Open, tmp_path: Path) -> None:
    """The one that is not long: it is no blank page, its script runs, and its policy lets it."""
    film = project(tmp_path / "film")
    assert run("report", film).code == 0
    page = opened((film / "report.html").as_uri())
    assert shown(page) == ["dawn", "turn"]
    page.get_by_label("Element").select_option("cat")
    assert shown(page) == ["dawn"]
    expect(page.locator("output")).to_have_text("1 of 2 scenes")
    assert overflow(page) == 0


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(pages: Pages, opened: Open, width: int, scheme: str) -> None:
    for url in (pages.film, pages.wrong):
        page = opened(url, width, color_scheme=scheme)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert overflow(page) <= 0
        assert page.evaluate(CUT_OFF) == []
        assert max(page.evaluate(GAPS)) <= 1, "a cell without a sum"


@pytest.mark.long
def test_every_filter_alone_and_together(pages: Pages, opened: Open) -> None:
    page = opened(pages.film)
    search, element = page.get_by_label("Scene", exact=True), page.get_by_label("Element")
    reuse, send = page.get_by_label(re.compile("^reuse")), page.get_by_label(re.compile("^send"))
    everything = page.get_by_role("button", name="Show all", exact=True)
    search.fill("UR")
    assert shown(page) == ["turn"]
    assert "out" in (page.locator("[data-bar=dawn]").get_attribute("class") or "")
    everything.click()
    assert shown(page) == ["dawn", "turn"]
    expect(everything).to_be_hidden()
    expect(search).to_be_focused()
    send.check()
    assert shown(page) == ["dawn"]
    reuse.check()
    assert shown(page) == ["dawn", "turn"]
    element.select_option("potter")
    assert shown(page) == ["dawn"]
    send.uncheck()
    assert shown(page) == []
    expect(page.get_by_text("No scene is like that.")).to_be_visible()
    page.get_by_role("button", name="Show all scenes").click()
    assert shown(page) == ["dawn", "turn"]


@pytest.mark.long
def test_a_filter_outlives_what_is_put_in_the_place_of_fragments(pages: Pages, opened: Open) -> None:
    """What a server of the page does: fragments are replaced, the filter goes on."""
    page = opened(pages.film)
    page.get_by_label("Scene", exact=True).fill("turn")
    page.evaluate(REPLACED, ["filters", "scene-dawn", "timeline"])
    expect(page.get_by_label("Scene", exact=True)).to_have_value("turn")
    expect(page.locator("#scene-dawn")).to_be_hidden()
    expect(page.locator("output")).to_have_text("1 of 2 scenes")
    page.get_by_label("Scene", exact=True).fill("")
    assert shown(page) == ["dawn", "turn"]


@pytest.mark.long
def test_it_goes_by_the_keyboard_alone(pages: Pages, opened: Open) -> None:
    page = opened(pages.film)
    met = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name, outline, visible = page.evaluate(FOCUSED)
        met.append(name)
        if name == "BODY":
            break
        seen = outline != "none" or name == "VIDEO" or not visible
        assert seen, f"{name} does not show that it has the focus"
    wanted = ["A", "theme", "SUMMARY", "a", "scene", "element", "state"]
    order = [met.index(name) for name in wanted]
    assert order == sorted(order)
    page.get_by_label(re.compile("^reuse")).focus()
    page.keyboard.press("Space")
    assert shown(page) == ["turn"]
    page.reload()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#scenes")


@pytest.mark.long
def test_it_can_be_read_out(pages: Pages, opened: Open) -> None:
    page = opened(pages.film)
    for role in ("banner", "main", "search"):
        expect(page.get_by_role(role)).to_have_count(1)
    assert [each.inner_text() for each in page.get_by_role("heading", level=1).all()] == ["Two at a table"]
    expect(page.get_by_role("heading", level=2, name="dawn")).to_be_visible()
    expect(page.get_by_role("heading", level=3, name="hands")).to_be_visible()
    expect(page.get_by_role("article", name="turn")).to_be_visible()
    expect(page.get_by_role("img", name="start of dawn")).to_be_visible()
    expect(page.get_by_role("link", name="dawn, 7.00 s")).to_have_count(1)
    expect(page.get_by_role("meter").first).to_have_attribute("aria-valuetext", re.compile("of 512"))
    assert page.locator("output").get_attribute("aria-live") == "polite"


@pytest.mark.long
def test_both_themes(pages: Pages, opened: Open) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = (opened(pages.film, color_scheme=scheme) for scheme in ("light", "dark"))
    colours = light.evaluate(ground), dark.evaluate(ground)
    assert colours[0] != colours[1]
    light.get_by_role("button", name="Light or dark").click()
    assert light.evaluate(ground) == colours[1]
    light.reload()
    assert light.evaluate(ground) == colours[1]
    light.get_by_role("button", name="Light or dark").click()
    assert light.evaluate(ground) == colours[0]


@pytest.mark.long
def test_a_clip_plays_and_nothing_else_is_asked_for(pages: Pages, opened: Open) -> None:
    page = opened("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages.film)
    page.mouse.wheel(0, 5000)
    assert [url for url in asked if not url.startswith("data:")] == [pages.film]
    page.get_by_text("1 other take").click()
    first, second = page.locator("video").all()
    play = "(film) => { film.muted = true; return film.play().then(() => film.videoWidth); }"
    assert first.evaluate(play) == 640
    until(page, "document.querySelector('video').currentTime > 0.1")
    assert second.evaluate(play) == 640
    until(page, "document.querySelector('video').paused")
    reached = {url for url in asked if not url.startswith("data:")} - {pages.film}
    assert len(reached) == 2
    assert all(url.startswith("file:") and url.endswith(".mp4") for url in reached)


@pytest.mark.long
def test_no_script_but_its_own_runs(pages: Pages, opened: Open) -> None:
    page = opened(pages.wrong, quiet=False)
    assert page.evaluate("window.hit") is None
    assert page.locator("h1").inner_text() == "<img src=x onerror='window.hit=1'>"
    page.evaluate(INJECTED)
    until(page, "window.refused.length >= 5")
    assert set(page.evaluate("window.refused")) == {
        "script-src-attr",
        "style-src-attr",
        "script-src-elem",
        "img-src",
        "connect-src",
    }
    assert page.evaluate("window.hit") is None


@pytest.mark.long
def test_it_prints_as_a_shot_list(pages: Pages, opened: Open, tmp_path: Path) -> None:
    page = opened(pages.film, color_scheme="dark")
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
    assert b"/MediaBox [0 0 594.95996 841.91998]" in printed or b"/MediaBox [0 0 595" in printed
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})
    assert overflow(page) <= 0
    for hidden in ("#filters", "video", ".theme", ".skip"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert all(
        each.is_visible() for each in page.locator(".prompt, .note, .dialogue, .still, .meter b").all()
    )
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.scene')).contentVisibility") == "visible"


@pytest.mark.long
def test_axe_finds_nothing_serious(pages: Pages, opened: Open, tmp_path: Path) -> None:
    axe = (unpacked("axe-core@4", tmp_path) / "axe.min.js").read_text(encoding="utf-8")
    for url in (pages.film, pages.wrong):
        for scheme in ("light", "dark"):
            page = opened(url, color_scheme=scheme, bypass_csp=True, quiet=False)
            page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
            page.add_script_tag(content=axe)
            found: dict[str, Any] = page.evaluate("axe.run()")
            serious = [
                (each["id"], [node["html"][:120] for node in each["nodes"]])
                for each in found["violations"]
                if each["impact"] in SERIOUS
            ]
            assert not serious
            assert len(found["passes"]) > 20
