"""The preview in a real browser: live reload, errors, films, picking, agreeing to a plan, and other sites that try."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from a_bought_film import TEXT, Bought, bought, original
from a_browser import WIDTHS, chromium
from a_preview import Visit, previewing
from npm import unpacked
from playwright.sync_api import Browser, Page, expect

__all__ = ["bought", "chromium", "original"]

pytestmark = pytest.mark.long
MANY = 12


@contextmanager
def shown(chromium: Browser, visit: Visit, **options: object) -> Iterator[Page]:
    """The page in a tab of its own; what a script could not do, or the policy did not let it, fails the test."""
    context = chromium.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(10_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(visit.access.address)
    yield page
    context.close()
    assert not wrong


def long_film(count: int) -> str:
    scenes = "".join(f"  - {{id: s{n}, prompt: the bowl of number {n} on a shelf}}\n" for n in range(count))
    return TEXT.partition("scenes:")[0] + "scenes:\n" + scenes


def write(bought: Bought, text: str) -> None:
    (bought.project / "storyboard.yaml").write_text(text, encoding="utf-8")


def test_a_save_changes_what_changed_and_what_is_looked_at_stays(chromium: Browser, bought: Bought) -> None:
    write(bought, long_film(MANY))
    with previewing(bought.project) as visit, shown(chromium, visit) as page:
        assert page.url == visit.root, "the token does not stay in the address"
        page.locator("#scene-s8").scroll_into_view_if_needed()
        page.evaluate("window.kept = document.getElementById('scene-s9'); window.never = true")
        page.locator("#scene-s8 summary").first.click()
        before = page.locator("#scene-s8").bounding_box()
        # Far above, a scene grows and another one comes.
        text = long_film(MANY).replace("number 0 on", "number 0 " + "and more " * 40 + "on")
        write(bought, text.replace("  - {id: s1,", "  - {id: new, prompt: rain}\n  - {id: s1,"))
        expect(page.locator("#scene-new")).to_have_count(1)
        expect(page.locator("#scene-s0")).to_contain_text("and more")
        after = page.locator("#scene-s8").bounding_box()
        assert before
        assert after
        assert abs(before["y"] - after["y"]) < 2
        assert page.evaluate("window.never && window.kept === document.getElementById('scene-s9')")
        assert page.locator("#scene-s8 details").first.get_attribute("open") is not None
        order = page.locator("#scenes > article").evaluate_all("all => all.map(each => each.dataset.scene)")
        assert order[:3] == ["s0", "new", "s1"]
        write(bought, long_film(3))
        expect(page.locator("#scenes > article")).to_have_count(3)


def test_a_filter_that_is_set_holds_for_what_comes(chromium: Browser, bought: Bought) -> None:
    write(bought, long_film(3))
    with previewing(bought.project) as visit, shown(chromium, visit) as page:
        page.get_by_label("Scene", exact=True).fill("s1")
        expect(page.locator("#scenes > article:visible")).to_have_count(1)
        write(bought, long_film(12))
        expect(page.locator("#scenes > article:visible")).to_have_count(3)  # s1, s10, s11


def test_errors_stand_above_the_last_good_film(chromium: Browser, bought: Bought) -> None:
    with previewing(bought.project) as visit, shown(chromium, visit) as page:
        write(bought, TEXT.replace("duration: 3", "duration: 99"))
        state = page.locator("#preview-state")
        expect(state).to_contain_text("the last good state")
        expect(state.locator("pre")).to_contain_text("a clip of 99 s")
        expect(page.locator("#scene-two")).to_be_visible()
        expect(page.get_by_role("button", name="Rehearse")).to_be_disabled()
        page.mouse.wheel(0, 400)
        expect(state).to_be_in_viewport()
        write(bought, TEXT)
        expect(state).to_be_hidden()
        expect(page.get_by_role("button", name="Rehearse")).to_be_enabled()


def playing(page: Page, selector: str) -> None:
    """Plays in place, and does not stop when what is beside it changes."""
    page.locator(selector).evaluate("film => { film.muted = true; return film.play(); }")
    page.wait_for_function("selector => document.querySelector(selector).currentTime > 0.2", arg=selector)


def test_takes_and_the_animatic_play_in_place(chromium: Browser, bought: Bought) -> None:
    with previewing(bought.project) as visit, shown(chromium, visit) as page:
        playing(page, "#scene-one video")
        page.evaluate("window.film = document.querySelector('#scene-one video')")
        write(bought, TEXT.replace("id: one,", "id: one, note: match the light,"))
        expect(page.locator("#scene-one")).to_contain_text("match the light")
        assert page.evaluate("window.film === document.querySelector('#scene-one video') && !film.paused")
        page.get_by_role("button", name="Draw it").click()
        page.locator("#preview-animatic video").wait_for()
        playing(page, "#preview-animatic video")


def taken_again(bought: Bought) -> None:
    """In a thread: the browser's driver has a loop in this one, and a render wants one of its own."""
    with ThreadPoolExecutor(1) as aside:
        ran = aside.submit(bought.run, "take", "again", bought.project, "one", "--sandbox").result()
    assert ran.code == 0, ran.err


def test_picking_a_take_with_a_click(chromium: Browser, bought: Bought) -> None:
    taken_again(bought)
    with previewing(bought.project) as visit, shown(chromium, visit) as page:
        page.locator("#scene-one summary", has_text="other take").click()
        page.get_by_role("button", name="Use take 2 in the cut").click()
        expect(page.locator("#scene-one .take.chosen")).to_have_attribute("data-take", "2")
        expect(page.locator("#preview-link")).to_have_text("one: take 2 is picked")
    assert "id: one, take: 2," in (bought.project / "storyboard.yaml").read_text(encoding="utf-8")


def test_a_plan_is_shown_agreed_to_and_carried_out_once(chromium: Browser, bought: Bought) -> None:
    posts = bought.posts()
    write(bought, TEXT.replace("wheel", "wheel at dusk"))
    with previewing(bought.project) as visit, shown(chromium, visit) as page:
        page.get_by_role("button", name="Rehearse").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("0.504 USD")
        expect(dialog.get_by_role("row", name=re.compile("one.*send"))).to_be_visible()
        write(bought, TEXT.replace("wheel", "wheel at dawn"))
        expect(dialog).to_contain_text("can no longer be agreed to")
        expect(dialog.get_by_role("button", name="Rehearse", exact=True)).to_be_disabled()
        dialog.get_by_role("button", name="Show the new one").click()
        dialog.get_by_role("button", name="Rehearse", exact=True).dblclick()
        expect(page.locator("#preview-work")).to_contain_text("2 clips, 1 sent now", timeout=20_000)
        expect(dialog).to_be_hidden()
        playing(page, "#preview-work video")
        expect(page.locator("#scene-one .badge.reuse")).to_be_visible()
    assert bought.posts() == posts + 1


HOSTILE = """<!doctype html><title>hostile</title><body><script>
const target = ROOT;
const tries = {
  json: () => fetch(target + "render", {method: "POST", credentials: "include", headers: {"content-type":
    "application/json", "x-storyboard-token": "guessed"}, body: BODY}),
  simple: () => fetch(target + "render", {method: "POST", mode: "no-cors", credentials: "include", body: BODY}),
  read: () => fetch(target, {credentials: "include"}).then((answer) => answer.text()),
  events: () => new Promise((heard, failed) => { const events = new EventSource(target + "events", {withCredentials:
    true}); events.onmessage = events.onopen = heard; events.onerror = failed; }),
  image: () => new Promise((heard, failed) => { const image = new Image(); image.onload = heard; image.onerror =
    failed; image.src = target + "render?plan=PLAN"; }),
  frame: () => new Promise((heard) => { const frame = document.createElement("iframe"); frame.onload = () => heard(
    frame.contentDocument?.body.textContent ?? ""); frame.src = target; document.body.append(frame); }),
  form: () => new Promise((heard) => { const frame = document.createElement("iframe"); frame.name = "sink"; frame.onload
    = () => heard(""); const form = document.createElement("form"); Object.assign(form, {method: "POST", action: target
    + "render", enctype: "text/plain", target: "sink"}); const field = document.createElement("input"); field.name =
    '{"plan": "PLAN", "x": "'; field.value = '"}'; form.append(field); document.body.append(frame, form);
    form.submit(); }),
};
window.outcome = Promise.all(Object.entries(tries).map(([name, go]) => go().then((got) => [name, String(got?.type ??
  got ?? "")], (failure) => [name, "failed"])));
</script>"""


@contextmanager
def hostile(text: str) -> Iterator[tuple[str, list[str]]]:
    """A page of somebody else on another port of this machine, and the cookies that the browser gave its server."""
    cookies: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            cookies.extend(self.headers.get_all("cookie") or [])
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", cookies
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_of_another_port_can_do_nothing(name: str, chromium: Browser, bought: Bought) -> None:
    """Even where it knows the address and the plan, and the same browser is logged in."""
    posts = bought.posts()
    write(bought, TEXT.replace("wheel", "wheel at dusk"))
    with previewing(bought.project) as visit:
        plan = visit.plan()
        root = visit.root.replace("127.0.0.1", name)
        text = HOSTILE.replace("ROOT", f'"{root}"').replace("BODY", f"""'{{"plan": "{plan}"}}'""")
        with hostile(text.replace("PLAN", plan)) as (address, cookies):
            context = chromium.new_context()
            page = context.new_page()
            page.goto(visit.access.address.replace("127.0.0.1", name))
            page.locator("#scene-one").wait_for()
            page.goto(address.replace("127.0.0.1", name))
            outcome = dict(page.evaluate("window.outcome"))
            context.close()
        assert outcome["simple"] in {"opaque", "failed"}
        assert {outcome[each] for each in ("json", "read", "events", "image")} == {"failed"}
        assert "scene-one" not in outcome["frame"]
        assert not cookies, "a server on another port was given what lets in here"
        assert 'id="preview-work" class="preview-work" aria-label="The render" hidden' in visit.open()
    assert bought.posts() == posts


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_and_has_no_findings(
    theme: str, width: int, chromium: Browser, bought: Bought, axe: str
) -> None:
    taken_again(bought)
    write(bought, TEXT.replace("wheel", "wheel at dusk"))
    with (
        previewing(bought.project) as visit,
        shown(chromium, visit, viewport={"width": width, "height": 900}, color_scheme=theme) as page,
    ):
        judged(page, axe)
        page.get_by_role("button", name="Rehearse").click()
        page.get_by_role("dialog").get_by_role("table").wait_for()
        judged(page, axe)
        page.get_by_role("dialog").get_by_role("button", name="Rehearse", exact=True).click()
        expect(page.locator("#preview-work")).to_contain_text("sent now", timeout=20_000)
        judged(page, axe)
        write(bought, TEXT.replace("duration: 3", "duration: 99"))
        expect(page.locator("#preview-state")).to_be_visible()
        judged(page, axe)


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = unpacked("axe-core@4", tmp_path_factory.mktemp("axe"))
    return (folder / "axe.min.js").read_text(encoding="utf-8")


def judged(page: Page, axe: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run().then(({violations}) => violations.map(each => [each.id, each.impact, "
        "each.nodes.map(node => node.html.slice(0, 200))]))"
    )
    assert not found
