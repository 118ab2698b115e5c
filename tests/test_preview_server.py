"""The preview over real HTTP: who is answered, what a save shows, what can be picked, and what can be bought."""

from __future__ import annotations

import errno
import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from a_bought_film import TEXT, Bought, bought, original
from a_gated_film import drawn, filmed
from a_preview import Visit, film_of, heard, previewing
from canary import WATCH
from PIL import Image
from sandboxes import until

from storyboard.cli.preview_film import PreviewFilm
from storyboard.cut.progress import Advance, nobody
from storyboard.errors import Refused
from storyboard.ledger.lease import lease
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.store import sha256_of
from storyboard.preview import watch
from storyboard.preview.access import Access
from storyboard.render.observer import Progress

__all__ = ["bought", "drawn", "original"]


@pytest.fixture
def visit(bought: Bought) -> Iterator[Visit]:
    with previewing(bought.project) as found:
        yield found


def rewrite(bought: Bought, text: str) -> None:
    (bought.project / "storyboard.yaml").write_text(text, encoding="utf-8")


OTHER_SITE = {"sec-fetch-site": "cross-site"}
OTHER_PORT = {"sec-fetch-site": "same-site"}
WRONG = {
    "no cookie": ("GET", "", {"cookie": ""}, 403),
    "another cookie": ("GET", "", {"cookie": "storyboard-preview=guessed"}, 403),
    "another start": ("GET", "?start=guessed", {"cookie": ""}, 403),
    "another name for this machine": ("GET", "", {"host": "rebound.example:{port}"}, 421),
    "another port": ("GET", "", {"host": "127.0.0.1:1"}, 421),
    "no port": ("GET", "", {"host": "127.0.0.1"}, 421),
    "the media without a cookie": ("GET", "media/{clip}.mp4", {"cookie": ""}, 403),
    "the events without a cookie": ("GET", "events", {"cookie": ""}, 403),
    "a picture of another site": ("GET", "plan", OTHER_SITE, 403),
    "a picture of another port": ("GET", "plan", OTHER_PORT, 403),
    "a script of another site": ("GET", "", {"origin": "https://evil.example"}, 403),
    "a frame of another site": ("GET", "?start={start}", {**OTHER_SITE, "sec-fetch-dest": "iframe"}, 403),
    "a post of another site": ("POST", "render", {"origin": "https://evil.example"}, 403),
    "a post of another port": ("POST", "render", {"origin": "http://127.0.0.1:1"}, 403),
    "a post of nowhere": ("POST", "render", {"origin": "null"}, 403),
    "a post without an origin": ("POST", "render", {"origin": None}, 403),
    "a post by another site's page": ("POST", "render", OTHER_SITE, 403),
    "a post by another port's page": ("POST", "render", OTHER_PORT, 403),
    "a post without the token": ("POST", "render", {"x-storyboard-token": None}, 403),
    "a post with another token": ("POST", "render", {"x-storyboard-token": "guessed"}, 403),
    "a post without a cookie": ("POST", "render", {"cookie": ""}, 403),
    "a post to another name": ("POST", "render", {"host": "rebound.example:{port}"}, 421),
    "a form": ("POST", "render", {"content-type": "application/x-www-form-urlencoded"}, 415),
    "a form of plain text": ("POST", "render", {"content-type": "text/plain"}, 415),
    "a form with a file": ("POST", "render", {"content-type": "multipart/form-data; boundary=x"}, 415),
    "too much": ("POST", "render", {"content-length": "20000"}, 413),
    "a GET that would spend": ("GET", "render?plan={plan}", {}, 405),
    "a GET that would pick": ("GET", "pick?scene=one&take=1", {}, 405),
    "what a browser asks before it sends to another site": (
        "OPTIONS",
        "render",
        {"origin": "https://evil.example", "access-control-request-method": "POST"},
        403,
    ),
    "another method": ("PUT", "render", {}, 405),
    "another shape": ("POST", "pick", {}, 400),
}


@pytest.fixture(scope="module")
def standing(original: Path) -> Iterator[Visit]:
    """One preview for all that only asks."""
    with previewing(original) as found:
        yield found


@pytest.fixture(scope="module")
def stranger() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=10) as found:
        yield found


@pytest.mark.parametrize("name", WRONG)
def test_nobody_else_is_answered(name: str, standing: Visit, stranger: httpx.Client) -> None:
    method, path, changed, code = WRONG[name]
    access = standing.access
    known = {"port": access.port, "start": access.start, "plan": standing.plan(), "clip": "0" * 64}
    headers: dict[str, Any] = {"cookie": f"storyboard-preview={access.cookie}"}
    if method != "GET":
        headers |= {**standing.own, "content-type": "application/json"}
    headers = {n: v.format(**known) for n, v in (headers | changed).items() if v is not None}
    body = b'{"plan": "%s"}' % known["plan"].encode() if method in {"POST", "PUT"} else None
    if "content-length" in headers:
        body = b"x" * int(headers["content-length"])
    answer = stranger.request(method, standing.root + path.format(**known), content=body, headers=headers)
    assert answer.status_code == code, answer.text
    assert not [header for header in answer.headers if header.startswith("access-control-")]
    assert "set-cookie" not in answer.headers
    assert access.token not in answer.text
    assert "no-referrer" in answer.headers["referrer-policy"]


@pytest.mark.parametrize("jar", ["{}; flag", "path=1; {}", "{}; a@b=2", 'x={{"a": 1}}; {}', "=; {} ;;a"])
def test_cookies_of_other_servers_keep_nobody_out(jar: str, standing: Visit, stranger: httpx.Client) -> None:
    """Browsers send those of every port of this machine, in whatever form they were set."""
    kept = jar.format(f"storyboard-preview={standing.access.cookie}")
    assert stranger.get(standing.root, headers={"cookie": kept}).status_code == 200
    assert stranger.get(standing.root, headers={"cookie": kept[::-1]}).status_code == 403


def test_a_body_without_an_end_is_not_read(standing: Visit) -> None:
    """With both headers HTTP goes by the chunks, however little the other one says."""
    own = {**standing.own, "host": f"127.0.0.1:{standing.access.port}", "content-type": "application/json"}
    own |= {"cookie": f"storyboard-preview={standing.access.cookie}", "content-length": "2"}
    own |= {"transfer-encoding": "chunked"}
    lines = [f"POST {standing.access.root}stop HTTP/1.1", *(f"{name}: {own[name]}" for name in own), "", ""]
    with socket.create_connection(("127.0.0.1", standing.access.port), timeout=10) as line:
        line.sendall("\r\n".join(lines).encode() + b"5\r\n{    \r\n1\r\n}\r\n0\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_other_rooms_are_empty(standing: Visit) -> None:
    base = f"http://127.0.0.1:{standing.access.port}"
    for path in ("/", "/favicon.ico", "/media/x.mp4", f"{standing.access.root[:-2]}/", "/../etc/passwd"):
        assert standing.http.get(base + path).status_code == 404


def test_the_address_that_is_opened_lets_in_once(standing: Visit) -> None:
    """It stands among the arguments of the browser, where others of this machine may read it."""
    with httpx.Client(trust_env=False) as first, httpx.Client(trust_env=False) as second:
        opened = standing.access.opened
        assert first.get(opened).status_code == 200
        assert second.get(opened).status_code == 403
        assert first.get(standing.root).status_code == 200


def test_the_page_and_how_it_is_to_be_taken(standing: Visit) -> None:
    answer = standing.http.get(standing.access.address)
    kept = answer.headers["set-cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=Strict" in kept
    assert f"Path={standing.access.root}" in kept
    assert standing.access.start not in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    assert standing.get("").status_code == 200, "the cookie is enough to come again"
    assert 'id="scene-one"' in answer.text
    assert 'id="preview-plan"' in answer.text


def test_the_key_is_in_nothing_that_is_answered(standing: Visit) -> None:
    answers = [standing.get(path) for path in ("", "plan", "media/x.mp4", "nothing")]
    answers += [standing.post(path, {}) for path in ("render", "pick", "stop")]
    with standing.listening(0) as parts:
        told = str(next(parts))
    for text in (told, *(answer.text + str(answer.headers) for answer in answers)):
        assert not WATCH.sings(text.encode())


def media_of(visit: Visit) -> list[str]:
    return sorted(set(re.findall(r'src="(media/[^"]+)"', visit.page)))


def test_clips_and_stills_are_served_by_their_content(bought: Bought, standing: Visit) -> None:
    clip = bought.clip().read_bytes()
    name = f"media/{bought.clip().name}"
    assert name in media_of(standing)
    assert standing.get(name).content == clip
    answer = standing.get(name, range="bytes=1000-1999")
    assert (answer.status_code, answer.content) == (206, clip[1000:2000])
    assert answer.headers["content-range"] == f"bytes 1000-1999/{len(clip)}"
    assert standing.get(name, range="bytes=-10").content == clip[-10:]
    assert standing.get(name, range=f"bytes={len(clip)}-").status_code == 416
    [still] = [each for each in media_of(standing) if each.endswith(".jpg")]
    assert still == f"media/{sha256_of(bought.project / 'still.png')}.jpg"
    answer = standing.get(still)
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as small, Image.open(bought.project / "still.png") as whole:
        assert small.width / small.height == pytest.approx(whole.width / whole.height, abs=0.01)
    for other in (
        "media/still.png",
        "media/..%2fstoryboard.yaml",
        f"media/{'0' * 64}.mp4",
        "media/%2e%2e/plan",
    ):
        assert standing.get(other).status_code == 404, other


def test_a_still_that_changed_is_not_served_under_its_old_name(bought: Bought, visit: Visit) -> None:
    [still] = [each for each in media_of(visit) if each.endswith(".jpg")]
    assert visit.get(still).status_code == 200
    path = bought.project / "still.png"
    with visit.listening() as parts:
        path.write_bytes(path.read_bytes() + b"\0")
        text = heard(parts, "scene-one", sha256_of(path))
    assert still not in text
    assert visit.get(still).status_code == 404


def by_rename(path: Path, text: str) -> None:
    aside = path.with_name(".storyboard.yaml.swp")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def by_moving_away(path: Path, text: str) -> None:
    path.rename(path.with_name("storyboard.yaml~"))
    path.write_text(text, encoding="utf-8")


def by_emptying(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.flush()
        stream.write(text)


@pytest.mark.parametrize("save", [by_emptying, by_rename, by_moving_away])
def test_a_save_shows_what_changed_and_nothing_else(
    save: Callable[[Path, str], None], bought: Bought, visit: Visit
) -> None:
    with visit.listening() as parts:
        assert next(parts) == {}, "the page was up to date"
        save(bought.project / "storyboard.yaml", TEXT.replace("on the shelf", "on the sill"))
        told = next(parts)
    assert "on the sill" in told["scene-two"]
    assert "scene-one" not in told
    assert "head" not in told
    assert "preview-state" not in told, "it was never seen half written"


def test_of_many_saves_the_last_is_shown(bought: Bought, visit: Visit) -> None:
    with visit.listening() as parts:
        for number in range(30):
            by_rename(bought.project / "storyboard.yaml", TEXT.replace("on the shelf", f"on shelf {number}."))
        told = heard(parts, "scene-two", "on shelf 29.")
    assert "on shelf 2." not in told
    assert "on shelf 29." in visit.open()


def test_where_nothing_tells_of_changes_files_are_looked_at(
    bought: Bought, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that is out of watches says so in this way."""

    def out_of_watches(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "OS file watch limit reached.")

    monkeypatch.setattr(watch, "awatch", out_of_watches)
    with previewing(bought.project) as visit, visit.listening() as parts:
        rewrite(bought, TEXT.replace("on the shelf", "on the sill"))
        heard(parts, "scene-two", "on the sill")


def test_what_the_storyboard_includes_is_watched(bought: Bought) -> None:
    cast = bought.project / "cast"
    cast.mkdir()
    (cast / "words.yaml").write_text("vars: {light: dawn}\n", encoding="utf-8")
    rewrite(bought, f"include: cast/words.yaml\n{TEXT}".replace("a bowl on the shelf", "'at {{ light }}'"))
    with previewing(bought.project) as visit, visit.listening() as parts:
        (cast / "words.yaml").write_text("vars: {light: dusk}\n", encoding="utf-8")
        heard(parts, "scene-two", "at dusk")
        rewrite(bought, TEXT + "  - {id: three, start_image: new/one.png, prompt: rain}\n")
        heard(parts, "scene-three", "new/one.png")
        (bought.project / "new").mkdir()
        (bought.project / "new" / "one.png").write_bytes((bought.project / "still.png").read_bytes())
        heard(parts, "scene-three", "<img")


@pytest.mark.parametrize("path", [f"{'a' * 300}/x.png", "d/" * 3000 + "x.png"])
def test_a_path_that_can_not_be_ends_nothing(path: str, bought: Bought, visit: Visit) -> None:
    with visit.listening() as parts:
        rewrite(bought, f"{TEXT}  - {{id: three, start_image: {path}, prompt: rain}}\n")
        heard(parts, "scene-three", "rain")
        rewrite(bought, TEXT.replace("on the shelf", "on the sill"))
        heard(parts, "scene-two", "on the sill")


def test_errors_stand_over_the_last_good_state(bought: Bought, visit: Visit) -> None:
    digest = visit.plan()
    with visit.listening() as parts:
        rewrite(bought, TEXT.replace("duration: 3", "duration: 99"))
        state = heard(parts, "preview-state", "1 error")
        assert "the last good state</strong>, of 12:00:00" in state
        assert "storyboard.yaml:4:" in state
        assert "^^" in state, "with the code"
        again = visit.open()
        assert 'id="scene-two"' in again, "the last good film stays"
        assert '<span class="n">99 s</span>' not in again
        assert visit.get("plan").status_code == 409
        assert visit.post("render", {"plan": digest}).status_code == 409
        rewrite(bought, TEXT.replace("duration: 3", "duration: 4"))
        assert "hidden" in heard(parts, "preview-state")
    assert '<span class="n">4 s</span>' in visit.open()


def test_a_ledger_that_can_not_be_read_is_no_error_of_the_storyboard(bought: Bought) -> None:
    bought.place.ledger.write_bytes(b"nothing of ours")
    with previewing(bought.project) as visit:
        answer = visit.get("plan")
    assert (answer.status_code, "file is not a database" in answer.json()["error"]) == (409, True)


EVIL = "<img src=x onerror=alert(1)>"


def test_what_a_stranger_wrote_is_text(bought: Bought, visit: Visit) -> None:
    with visit.listening() as parts:
        rewrite(bought, TEXT.replace("a bowl", EVIL).replace("id: two", f"id: two, note: '</script>{EVIL}'"))
        told = heard(parts, "scene-two", "onerror")
        rewrite(bought, f'"{EVIL}": 1\n{TEXT}')
        told += heard(parts, "preview-state", "onerror")
    assert "<img src=x" not in told + visit.open()
    refused = visit.post("pick", {"scene": EVIL, "take": 1})
    assert refused.headers["content-type"] == "application/json"


def test_a_preview_may_begin_with_errors(bought: Bought) -> None:
    rewrite(bought, "storyboard: 1\nscenes: [\n")
    with previewing(bought.project) as visit:
        assert "There is no good state to show yet" in visit.page
        with visit.listening() as parts:
            rewrite(bought, TEXT)
            heard(parts, "scene-one")
            (bought.project / "storyboard.yaml").unlink()
            heard(parts, "preview-state", "It can't be read", "there is no storyboard.yaml")
            rewrite(bought, TEXT)
            assert "hidden" in heard(parts, "preview-state")


def test_picking_a_take_writes_it_into_the_storyboard(bought: Bought) -> None:
    rewrite(bought, TEXT.replace("wheel}", "wheel}  # ours"))
    assert bought.run("take", "again", bought.project, "one", "--sandbox").code == 0
    with previewing(bought.project) as visit:
        before = (bought.project / "storyboard.yaml").read_text(encoding="utf-8")
        for wrong, code, words in (
            ({"scene": "one", "take": 9}, 400, "There are: 1 (verified), 2 (verified)"),
            ({"scene": "nobody", "take": 1}, 400, "there is no scene"),
            ({"scene": "one", "take": "2"}, 400, "makes no sense"),
            ({"scene": "one", "take": 2, "more": 1}, 400, "makes no sense"),
        ):
            answer = visit.post("pick", wrong)
            assert (answer.status_code, words in answer.json()["error"]) == (code, True), answer.text
        assert (bought.project / "storyboard.yaml").read_text(encoding="utf-8") == before
        with visit.listening() as parts:
            assert visit.post("pick", {"scene": "one", "take": 2}).json() == {"said": "one: take 2 is picked"}
            text = heard(parts, "scene-one", 'class="take chosen" data-take="2"')
        assert 'class="take" data-take="1"' in text
    after = (bought.project / "storyboard.yaml").read_text(encoding="utf-8")
    assert after == before.replace("id: one,", "id: one, take: 2,")


def test_what_was_shown_is_bought_once(bought: Bought) -> None:
    """Another take of the same request: the sandbox has drawn it already."""
    posts = bought.posts()
    rewrite(bought, TEXT.replace("id: one,", "id: one, take: 2,"))
    with previewing(bought.project) as visit:
        old = visit.plan()
        with visit.listening() as parts:
            rewrite(bought, TEXT.replace("id: one,", "id: one, take: 3,"))
            heard(parts, "preview-plan", "data-plan")
        stale = visit.post("render", {"plan": old})
        assert (stale.status_code, "another one by now" in stale.json()["error"]) == (409, True)
        shown = visit.get("plan").text
        assert "1.26 USD" not in shown
        assert "0.504" in shown
        plan = visit.plan()
        answers: list[int] = []
        with visit.listening() as parts:
            clicks = [
                threading.Thread(
                    target=lambda: answers.append(visit.post("render", {"plan": plan}).status_code)
                )
                for _ in range(3)
            ]
            for click in clicks:
                click.start()
            for click in clicks:
                click.join()
            assert sorted(answers) == [200, 409, 409]
            heard(parts, "preview-work", "one", "Rendering")
            work = heard(parts, "preview-work", "Rendered")
            assert "2 clips, 1 sent now: cut.sandbox.mp4" in work
            assert "done" in work
            cut = re.search(r'src="(media/[0-9a-f]{64}\.mp4)"', work)
        assert cut
        assert visit.get(cut[1]).content == (bought.project / "cut.sandbox.mp4").read_bytes()
        assert visit.post("render", {"plan": plan}).status_code == 409, "it is bought"
        assert "Rendered" in visit.open(), "who comes later sees it"
    assert visit.ended == [None]
    assert bought.posts() == posts + 1
    assert not WATCH.sings(visit.page.encode())


def test_without_a_key_the_button_says_what_is_missing(
    bought: Bought, monkeypatch: pytest.MonkeyPatch
) -> None:
    with previewing(bought.project, sandbox=False) as visit:
        assert "FAL_KEY" in visit.page
        assert re.search(r'data-preview="confirm" disabled', visit.get("plan").text)
        answer = visit.post("render", {"plan": visit.plan()})
        assert (answer.status_code, "FAL_KEY" in answer.json()["error"]) == (503, True)
    monkeypatch.setenv("FAL_KEY", WATCH.key)
    monkeypatch.setenv("CI", "true")
    with previewing(bought.project, sandbox=False) as visit:
        answer = visit.post("render", {"plan": visit.plan()})
        assert (answer.status_code, "runs in CI" in answer.json()["error"]) == (409, True)
        assert not WATCH.sings((visit.page + answer.text).encode())


def test_a_budget_stands_against_a_render(bought: Bought, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", WATCH.key)
    rewrite(bought, TEXT.replace("endpoint:", "budget: 0.10\nendpoint:"))
    with previewing(bought.project, sandbox=False) as visit:
        assert "the budget of one run is 0.10 USD" in visit.page
        answer = visit.post("render", {"plan": visit.plan()})
        assert (answer.status_code, "Nothing was sent" in answer.json()["error"]) == (409, True)


class Misfortune(PreviewFilm, frozen=True):
    """Things that go wrong where nobody foresaw it."""

    def carry_out(self, *words: Any) -> tuple[str, Path]:
        said, cut = super().carry_out(*words)
        cut.unlink()
        return said, cut

    def animatic(self, output: Path, tell: Any) -> None:
        """There is no file afterwards."""

    def pick(self, scene: str, take: int) -> str:
        raise RuntimeError(f"no take {take} of {scene}, says {WATCH.key}")


def test_what_nobody_foresaw_is_told_and_ends_nothing(
    bought: Bought, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = bought.project.parent / "reports"
    reports.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(reports))
    with previewing(bought.project, kind=Misfortune) as visit, visit.listening() as parts:
        for _ in range(2):
            until(lambda: visit.post("render", {"plan": visit.plan()}).status_code == 200)
            heard(parts, "preview-work", "Rendering")
            heard(parts, "preview-work", "The render has stopped", "That failed (exit 4)")
        assert visit.post("animatic", {}).status_code == 200
        heard(parts, "preview-animatic", "That failed (exit 4)", "Draw it")
        answer = visit.post("pick", {"scene": "one", "take": 1})
        assert (answer.status_code, "exit 70" in answer.json()["error"]) == (503, True)
    assert visit.ended == [None]
    told = capsys.readouterr().err
    assert told.count("this machine failed") == 3
    assert told.count("this is a bug of ours (RuntimeError)") == 1
    assert "Traceback" not in told
    [report] = reports.iterdir()
    assert "RuntimeError: no take 1 of one" in report.read_text()
    assert not WATCH.sings(report.read_bytes())


def test_a_render_that_others_began_meanwhile_is_not_waited_for(bought: Bought) -> None:
    """A thread that waits hears of no Stop, and buys by and by what nobody looks at any more."""
    film = film_of(bought.project)
    rewrite(bought, TEXT.replace("id: one,", "id: one, take: 2,"))
    offer = film.look({}, lambda: False).offer
    assert offer is not None
    agreed = film.agree(offer.plan.digest)
    with lease(bought.place.lock, pytest.fail), pytest.raises(Refused, match=r"another render .* is at work"):
        film.carry_out(agreed, Quiet(), nullcontext, nobody)
    assert len(Ledger.open(bought.place).takes()) == 2


class Quiet:
    def saw(self, progress: Progress) -> None:
        pytest.fail(f"nothing was to be sent: {progress}")


@pytest.mark.long
def test_the_animatic_is_drawn_when_it_is_asked_for(bought: Bought, visit: Visit) -> None:
    with visit.listening() as parts:
        assert visit.post("animatic", {}).status_code == 200
        heard(parts, "preview-animatic", "<progress")
        text = heard(parts, "preview-animatic", "<video")
        name = re.search(r'src="(media/[0-9a-f]{64}\.mp4)"', text)
        assert name
        assert visit.get(name[1], range="bytes=4-7").content == b"ftyp"
        rewrite(bought, TEXT.replace("on the shelf", "on the sill"))
        heard(parts, "preview-animatic", "before the last changes")
    assert not (bought.project / "animatic.mp4").exists()


def test_what_is_not_installed_is_named(
    bought: Bought, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    ran = run("preview", bought.project)
    assert ran.code == 2
    assert 'pip install "storyboard-compiler[preview]"' in ran.err


@contextmanager
def process(project: Path, *words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `storyboard preview` and the address that it printed; killed at the end if it still runs."""
    command = [sys.executable, "-m", "storyboard", "preview", str(project), *words]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    ) as found:
        try:
            assert found.stdout is not None
            yield found, found.stdout.readline().strip()
        finally:
            found.kill()


def visiting(address: str, http: httpx.Client) -> Visit:
    """As somebody who has nothing but the address."""
    page = http.get(address).text
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/([^/]+)/\?start=(.+)", address)
    token = re.search(r'data-token="([^"]+)"', page)
    assert found
    assert token
    access = Access(int(found[1]), room=found[2], start=found[3], token=token[1])
    return Visit(access, http, page)


@pytest.mark.long
def test_a_render_is_stopped_from_the_page(
    tmp_path: Path, drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filmed(tmp_path, drawn) as film:
        monkeypatch.setenv("STORYBOARD_FAL_URL", film.gate.base_url)
        held = threading.Event()
        film.gate.strikes = lambda asked: "before" if asked.path.endswith(".mp4") else None
        film.gate.strike = lambda: held.wait(30) or None
        with previewing(film.project, sandbox=False) as visit, visit.listening() as parts:
            plan = visit.plan()
            assert "Pay 1.008 USD and render" in visit.get("plan").text
            assert visit.post("render", {"plan": plan}).status_code == 200
            heard(parts, "preview-work", "fetching its clip")
            assert visit.post("stop", {}).status_code == 200
            heard(parts, "preview-work", "The render has stopped", "nothing more is sent", "from this page")
            held.set()
            film.gate.strikes = lambda _: None
            assert visit.post("render", {"plan": plan}).status_code == 409, "what was bought is another plan"
            until(lambda: visit.post("render", {"plan": visit.plan()}).status_code == 200)
            heard(parts, "preview-work", "Rendered")
        assert film.sandbox()["submits"] == 2


class AtTheCut(PreviewFilm, frozen=True):
    """Nobody goes on with the cut until it is let go."""

    reached: ClassVar = threading.Event()
    gone_on: ClassVar = threading.Event()

    def carry_out(self, agreed: Any, observer: Any, stopping: Any, tell: Any) -> tuple[str, Path]:
        def held(advance: Advance) -> None:
            self.reached.set()
            self.gone_on.wait(30)
            tell(advance)

        return super().carry_out(agreed, observer, stopping, held)


def test_the_cut_after_a_render_hears_stop(bought: Bought) -> None:
    rewrite(bought, TEXT + "cut: {transitions: [{from: one, to: two, kind: dissolve}]}\n")
    with previewing(bought.project, kind=AtTheCut) as visit, visit.listening() as parts:
        until(lambda: visit.post("render", {"plan": visit.plan()}).status_code == 200)
        assert AtTheCut.reached.wait(30)
        assert visit.post("stop", {}).status_code == 200
        AtTheCut.gone_on.set()
        heard(parts, "preview-work", "The render has stopped", "the cut was given up")
        until(lambda: visit.post("render", {"plan": visit.plan()}).status_code == 200)
        heard(parts, "preview-work", "<progress")
        heard(parts, "preview-work", "Rendered", "<video")


@pytest.mark.long
@pytest.mark.linux  # Windows has no way to send Ctrl-C to one child
def test_ctrl_c_ends_it_with_its_pages_open(bought: Bought) -> None:
    with process(bought.project, "--sandbox") as (served, address), httpx.Client(trust_env=False) as http:
        visit = visiting(address, http)
        with visit.listening() as parts:
            next(parts)
            served.send_signal(signal.SIGINT)
            assert list(parts) == []
        out, err = served.communicate(timeout=20)
        assert (served.returncode, out) == (0, ""), err
        said = f"the preview of {bought.project}/storyboard.yaml, for this machine alone; Ctrl-C ends it"
        assert err.splitlines() == [said, "the preview has ended"]


@pytest.mark.long
@pytest.mark.linux
def test_ctrl_c_leaves_a_render_as_render_does(tmp_path: Path, drawn: Path) -> None:
    """And who closed the page and comes again sees how far it is."""
    with filmed(tmp_path, drawn) as film, httpx.Client(trust_env=False, timeout=20) as http:
        (film.project / "storyboard.toml").touch()
        server = httpx.get(f"{film.gate.sandbox}/_sandbox/ledger", trust_env=False)
        assert server.json()["submits"] == 0
        slow = {"STORYBOARD_FAL_URL": film.gate.base_url}
        film.gate.strikes = lambda asked: "before" if asked.path.endswith(".mp4") else None
        held = threading.Event()
        film.gate.strike = lambda: held.wait(30) or None
        with process(film.project, **slow) as (served, address):
            visit = visiting(address, http)
            with visit.listening() as parts:
                assert visit.post("render", {"plan": visit.plan()}).status_code == 200
                heard(parts, "preview-work", "fetching its clip")
            assert "fetching its clip" in visit.open()
            with visit.listening() as parts:
                served.send_signal(signal.SIGINT)
                heard(parts, "preview-work", "The render has stopped", "nothing more is sent")
            held.set()
            _, err = served.communicate(timeout=30)
            assert served.returncode == 130, err
            assert "run the same command again and it goes on" in err
            assert "Traceback" not in err
        film.gate.strikes = lambda _: None
        assert film.render()[0] == 0
        assert film.sandbox()["submits"] == 2


@pytest.mark.long
@pytest.mark.linux
def test_two_previews_at_once_and_one_killed_buy_each_clip_once(tmp_path: Path, drawn: Path) -> None:
    with (
        filmed(tmp_path, drawn) as film,
        httpx.Client(trust_env=False, timeout=20) as http,
        httpx.Client(trust_env=False, timeout=20) as another,
    ):
        slow = {"STORYBOARD_FAL_URL": film.gate.base_url}
        film.gate.strikes = lambda asked: "before" if asked.path.endswith(".mp4") else None
        held = threading.Event()
        film.gate.strike = lambda: held.wait(30) or None
        with process(film.project, **slow) as (first, address), process(film.project, **slow) as (_, beside):
            visit, neighbour = visiting(address, http), visiting(beside, another)
            with visit.listening() as parts:
                assert visit.post("render", {"plan": visit.plan()}).status_code == 200
                heard(parts, "preview-work", "fetching its clip")
            refused = neighbour.post("render", {"plan": neighbour.plan()})
            assert (refused.status_code, "Nothing was sent" in refused.text) == (409, True)
            first.kill()
            first.wait()
            held.set()
            film.gate.strikes = lambda _: None
            with neighbour.listening() as parts:
                until(lambda: neighbour.post("render", {"plan": neighbour.plan()}).status_code == 200)
                heard(parts, "preview-work", "Rendered", "<video")
        assert film.sandbox()["submits"] == 2
