"""`storyboard report`: one page with the numbers of the other reports, in which words are words, whoever wrote them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import av
import pytest
from a_bought_film import Bought, bought, original
from a_page import FILM, Node, harmless, project, read
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import compiled
from made_clips import make_clip
from PIL import Image

from storyboard.cli.page_facts import look
from storyboard.report.page import Facts, Links, page_of, parts_of
from storyboard.report.page.facts import Bar, Picture, ShotFacts, Stretch, Strip
from storyboard.report.page.findings import findings_of
from storyboard.report.page.gather import Known, facts_of
from storyboard.report.page.meters import meter_of
from storyboard.report.page.ruler import clock, ruler_of
from storyboard.report.visible import visible

__all__ = ["bought", "original"]

GOLDEN = Path(__file__).parent / "golden" / "report"
Run = Callable[..., Any]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return project(tmp_path / "film")


def written(run: Run, film: Path, *more: str, code: int = 0) -> Node:
    ended = run("report", film, *more)
    assert ended.code == code, ended.err
    page = read((film / "report.html").read_text(encoding="utf-8"))
    harmless(page)
    return page


def test_it_has_the_numbers_of_estimate_and_plan(run: Run, film: Path) -> None:
    page = written(run, film)
    document = json.loads(run("estimate", film, "--format", "json").out)
    sums = {
        name: page.one(tag="div", class_=name).one(tag="data").attributes["value"]
        for name in ("estimate", "bought", "to-pay", "budget")
    }
    assert sums == {
        "estimate": document["total"],
        "bought": "0.00",
        "to-pay": document["to_pay"],
        "budget": "9.00",
    }
    steps = {step["scene"]: step for step in json.loads(run("plan", film, "--format", "json").out)["steps"]}
    for scene in document["scenes"]:
        article = page.one(id=f"scene-{scene['scene']}")
        assert article.one(tag="data").attributes["value"] == scene["amount"]
        step = steps[scene["scene"]]
        assert article.one(class_="decided").text == f"{step['decision']} {step['reason']}"
        assert article.attributes["data-states"].split()[0] == step["decision"]
    dawn = document["scenes"][0]
    shots = page.one(id="scene-dawn").having(class_="shot")
    assert [shot.one(class_="line").text.split(" s ") for shot in shots] == [
        [f"{shot['id']} {shot['seconds']}", f"{shot['amount']} USD"] for shot in dawn["shots"]
    ]
    assert f"Price book {document['price_book']} of {document['as_of']}" in page.one(id="totals").text


def test_prompts_are_as_sent_with_names_beside_the_tags(run: Run, film: Path) -> None:
    page = written(run, film)
    requests = json.loads(run("expand", film, "--format", "json").out)["requests"]
    sent = [shot["prompt"] for shot in requests[0]["arguments"]["multi_prompt"]]
    for prompt, shot in zip(sent, page.one(id="scene-dawn").having(class_="prompt"), strict=True):
        names = [
            mark.one(tag="span").raw for mark in shot.having(tag="mark", class_="element") if mark.children
        ]
        assert names
        read_out = "".join(
            each
            if isinstance(each, str)
            else "".join(word for word in each.inside if isinstance(word, str)).rstrip()
            for each in shot.inside
        )
        assert read_out == prompt
    counted = [meter.attributes["aria-valuetext"] for meter in page.one(id="scene-dawn").having(role="meter")]
    assert counted == [f"{shot['characters']} of 512" for shot in requests[0]["shots"]]
    assert page.one(id="scene-turn").one(role="meter").attributes["aria-valuemax"] == "2500"


def test_its_structure(run: Run, film: Path, golden: Callable[[Path, str], None]) -> None:
    page = written(run, film)
    golden(
        GOLDEN / "structure.txt",
        "\n".join(page.one(tag="body").skeleton()) + "\n",
    )


def test_words_beside_the_prompt(run: Run, film: Path) -> None:
    dawn = written(run, film).one(id="scene-dawn")
    assert [line.text for line in dawn.one(class_="dialogue").children] == [
        "the potter (softly): there you are",
        "a long silence",
    ]
    assert dawn.one(class_="note").text == "Note on the beat"
    assert [
        element.one(tag="figcaption").text for element in dawn.having(class_="element", tag="figure")
    ] == [
        "@Element1 potter, the potter",
        "by name cat, the cat: grey and slow",
    ]


def test_titles_and_notes_are_at_what_they_are_of(run: Run, film: Path) -> None:
    """A note of a scene without shots is its one shot's: it is there once."""
    text = FILM.replace("title: Two at a table", "title: Two at a table\nnote: second draft")
    text = text.replace("- id: dawn", "- id: dawn\n    title: First light\n    note: ask the potter")
    text = text.replace("- id: hands", "- id: hands\n        title: Clay")
    text = text.replace("- id: turn", "- id: turn\n    title: Noon\n    note: no clouds")
    (film / "storyboard.yaml").write_text(text, encoding="utf-8")
    page = written(run, film)
    assert page.one(id="head").one(class_="note").text == "Note second draft"
    seen = {
        scene: [each.text for name in ("title", "note") for each in page.one(id=scene).having(class_=name)]
        for scene in ("scene-dawn", "scene-turn")
    }
    assert seen == {
        "scene-dawn": ["First light", "Clay", "Note ask the potter", "Note on the beat"],
        "scene-turn": ["Noon", "Note no clouds"],
    }


def test_scenes_may_be_called_as_they_like(run: Run, tmp_path: Path) -> None:
    """No name of a scene is that of another part of the page."""
    names = ["s", "names", "a", "a-title", "title-of-a", "画", "a.b", "totals", "none"]
    rows = "".join(f"  - {{id: {name}, prompt: rain}}\n" for name in names)
    film = project(tmp_path / "film", f"storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n{rows}")
    articles = written(run, film).one(id="scenes").children
    assert [each.attributes["data-scene"] for each in articles] == names


def test_the_cut_is_to_scale(run: Run, film: Path) -> None:
    strip = written(run, film).one(id="timeline")
    bars = strip.having(tag="svg", class_="bar")
    assert [bar.one(tag="title").text for bar in bars] == [
        "title card, 2.00 s",
        "dawn, 7.00 s, no clip yet",
        "turn, 5.00 s, no clip yet",
    ]
    whole = 2 + 7 + 5 - 0.5
    places = [tuple(float(bar.attributes[name].rstrip("%")) for name in ("x", "width")) for bar in bars]
    expected = [(0, 2), (2, 7), (8.5, 5)]
    for place, (first, seconds) in zip(places, expected, strict=True):
        assert place == pytest.approx((100 * first / whole, 100 * seconds / whole), abs=0.01)
    joint = strip.one(tag="svg", class_="joint")
    assert float(joint.attributes["x"].rstrip("%")) == pytest.approx(100 * 8.5 / whole, abs=0.01)
    assert joint.one(tag="title").text == "dissolve from dawn to turn, 0.50 s"


def test_takes_play_from_where_the_page_lies(run: Run, film: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        clip = make_clip(tmp_path / f"{number}.mp4", number, frames=120, size=(640, 360))
        assert run("take", "add", film, "turn", clip).code == 0
    elsewhere = tmp_path / "out" / "page.html"
    ended = run("report", film, "-o", elsewhere)
    assert (ended.code, ended.out) == (0, f"{elsewhere}\n")
    page = read(elsewhere.read_text(encoding="utf-8"))
    harmless(page)
    takes = page.one(id="scene-turn").having(class_="take")
    assert [take.attributes["data-take"] for take in takes] == ["1", "2"]
    assert ["chosen" in take.attributes["class"].split() for take in takes] == [True, False]
    for number, take in enumerate(takes, 1):
        film_ = take.one(tag="video")
        assert film_.attributes["preload"] == "none"
        assert (elsewhere.parent / unquote(film_.attributes["src"])).read_bytes() == (
            tmp_path / f"{number}.mp4"
        ).read_bytes()
        assert jpeg(film_.attributes["poster"]).size == (448, 252)
    assert page.one(id="timeline").having(class_="clip")
    text = (film / "storyboard.yaml").read_text(encoding="utf-8")
    (film / "storyboard.yaml").write_text(text.replace("goes round", "goes"), encoding="utf-8")
    scene = written(run, film).one(id="scene-turn")
    assert all("of another text" in take.text for take in scene.having(class_="take"))
    assert scene.attributes["data-states"] == "send changed"


def test_small_clips_are_put_into_the_page(run: Run, film: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "1.mp4", 1, frames=12, size=(1280, 720))
    assert run("take", "add", film, "turn", clip).code == 0
    source = written(run, film, "--embed").one(id="scene-turn").one(tag="video").attributes["src"]
    kind, _, data = source.partition(",")
    assert kind == "data:video/mp4;base64"
    small = tmp_path / "small.mp4"
    small.write_bytes(base64.b64decode(data))
    with av.open(str(small)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 640, 360)
        assert sum(1 for _ in container.decode(stream)) == 12


@pytest.mark.long
def test_a_rehearsal_has_its_takes_and_charges(bought: Bought) -> None:
    """As `takes` and `estimate` tell of them."""
    assert bought.run("report", bought.project, "--sandbox").code == 0
    page = read((bought.project / "report.sandbox.html").read_text(encoding="utf-8"))
    harmless(page)
    assert "a rehearsal" in page.one(id="head").text
    assert (
        bought.run("takes", bought.project).out
        == "no takes yet; those of rehearsals are shown with --sandbox\n"
    )
    told = json.loads(bought.run("takes", bought.project, "--sandbox", "--format", "json").out)
    for take in told["takes"]:
        shown = page.one(id=f"scene-{take['scene']}").one(class_="take")
        assert f"charged {take['charge']} USD" in shown.text
        assert (bought.project / unquote(shown.one(tag="video").attributes["src"])).samefile(take["clip"])
    charged = sum(Decimal(take["charge"]) for take in told["takes"])
    assert Decimal(page.one(tag="div", class_="paid").one(tag="data").attributes["value"]) == charged
    assert page.one(tag="div", class_="to-pay").one(tag="data").text == "0.00"
    source = bought.project / "storyboard.yaml"
    source.write_text(
        source.read_text(encoding="utf-8").replace("on the shelf", "on a shelf"), encoding="utf-8"
    )
    assert bought.run("report", bought.project, "--sandbox").code == 0
    scene = read((bought.project / "report.sandbox.html").read_text(encoding="utf-8")).one(id="scene-two")
    assert scene.attributes["data-states"] == "send changed"
    assert "[-the-]{+a+} shelf" in scene.one(class_="changes").text


def jpeg(url: str) -> Image.Image:
    kind, _, data = url.partition(",")
    assert kind == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_still_is_small_upright_and_tells_nothing_of_its_camera(run: Run, film: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "the camera of Ann"
    Image.new("RGB", (1200, 800), (200, 30, 30)).save(film / "stills" / "potter.jpg", exif=exif)
    text = (film / "storyboard.yaml").read_text(encoding="utf-8")
    (film / "storyboard.yaml").write_text(text.replace("potter.png", "potter.jpg"), encoding="utf-8")
    page = written(run, film, code=1)  # it is refused, as fal would see it sideways; the page shows it
    shown = page.one(id="scene-dawn").having(class_="element", tag="figure")[0].having(tag="use")[0]
    url = page.one(id=shown.attributes["href"].removeprefix("#")).attributes["href"]
    assert jpeg(url).size == (298, 448)
    assert not jpeg(url).getexif()
    assert b"Ann" not in base64.b64decode(url.partition(",")[2])


def test_equal_stills_are_in_the_page_once_and_missing_ones_are_named(run: Run, film: Path) -> None:
    (film / "stills" / "side.png").write_bytes((film / "stills" / "potter.png").read_bytes())
    (film / "stills" / "noon.png").unlink()
    page = written(run, film)
    assert len(page.one(id="pictures").having(tag="image")) == 2
    assert page.one(class_="missing").text == "stills/noon.pngmissing"
    starts = [page.one(id=f"scene-{name}").one(class_="start").one(tag="use") for name in ("dawn", "turn")]
    assert starts[0].attributes["href"] == starts[1].attributes["href"]


def test_the_same_storyboard_gives_the_same_page(run: Run, film: Path) -> None:
    written(run, film)
    before = (film / "report.html").read_bytes()
    assert run("report", film).out == f"{film / 'report.html'}: unchanged\n"
    (film / "report.html").unlink()
    written(run, film)
    assert (film / "report.html").read_bytes() == before
    assert str(film).encode() not in before


@pytest.mark.long
def test_the_same_page_in_other_surroundings(process: Run, film: Path, tmp_path: Path) -> None:
    """In another order of hashes, another time zone, from another folder; and it asks for no home."""
    pages = set()
    for seed, zone, start in (("0", "UTC", film), ("1", "Pacific/Apia", tmp_path)):
        page = tmp_path / f"{seed}.html"
        env = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C", "HOME": "/nonexistent"}
        ended = process("report", film, "-o", page, cwd=start, env=env)
        assert ended.code == 0, ended.err
        pages.add(page.read_bytes())
    assert len(pages) == 1


def test_a_file_of_somebody_else_is_left_alone(run: Run, film: Path) -> None:
    (film / "report.html").write_text("<h1>my own</h1>", encoding="utf-8")
    ended = run("report", film)
    assert ended.code == 2
    assert "left alone" in ended.err
    assert (film / "report.html").read_text(encoding="utf-8") == "<h1>my own</h1>"
    named = film / "teaser.yaml"
    named.write_text((film / "storyboard.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert run("report", named).out == f"{film / 'teaser.report.html'}\n"
    assert run("report", named, "--scene", "turn").out == f"{film / 'teaser.report.turn.html'}\n"
    part = read((film / "teaser.report.turn.html").read_text(encoding="utf-8"))
    assert [each.attributes["id"] for each in part.having(class_="scene")] == ["scene-turn"]
    assert "1 of 2 scenes (--scene turn)" in part.one(id="head").text


def test_a_storyboard_with_errors_has_a_page_all_the_same(run: Run, film: Path) -> None:
    text = FILM.replace("slow push", "x" * 600).replace("note: on the beat", "nte: on the beat")
    (film / "storyboard.yaml").write_text(text, encoding="utf-8")
    page = written(run, film, code=1)
    codes = {each["code"] for each in json.loads(run("check", film, "--format", "json").out)["diagnostics"]}
    told = page.one(id="findings").having(class_="code")
    assert {each.text for each in told} == codes >= {"SB101", "SB304"}
    hands = page.one(id="shot-dawn:hands")
    assert {each.text for each in hands.having(class_="code")} == {"SB101", "SB304"}
    assert "nte: on the beat" in hands.one(class_="list").raw
    assert hands.one(class_="meter").attributes["class"] == "meter over"
    assert not page.one(id="scene-turn").having(class_="finding")
    assert "What was bought is not known" in page.one(id="totals").text


def test_scenes_of_one_id_are_one_place_of_the_page(run: Run, tmp_path: Path) -> None:
    """Each of them with the errors of all would be a page that nobody lives to see."""
    project = tmp_path / "film"
    project.mkdir()
    scenes = "".join(f"  - {{id: one, prompt: rain {n}, sed: 1}}\n" for n in range(60))
    (project / "storyboard.yaml").write_text(f"storyboard: 1\nscenes:\n{scenes}", encoding="utf-8")
    assert run("report", project).code == 1
    text = (project / "report.html").read_text(encoding="utf-8")
    assert text.count('id="scene-one"') == 1
    assert text.count("rain 59") < 10


def test_what_is_no_yaml_has_its_diagnostics(run: Run, film: Path) -> None:
    (film / "storyboard.yaml").write_text("storyboard: 1\nscenes: [\n", encoding="utf-8")
    page = written(run, film, code=1)
    assert not page.having(class_="scene")
    assert page.one(id="findings").having(tag="pre")
    assert "Nothing can be priced" in page.one(id="totals").text
    assert run("report", film / "nothing.yaml").code != 0


PAYLOAD = '</title></script></style><script>alert(1)</script><img src=x onerror="alert(1)">\'`&lt;--><svg/onload=x()>'
HOSTILE = """
storyboard: 1
title: {0}
endpoint: kling-v3-standard
vars: {{words: {0}}}
elements:
  potter: {{name: {0}, frontal_image: stills/potter.png, reference_images: [stills/side.png], description: {0}}}
  cat: {{name: {0}, description: {0}}}
voices: {{mara: "1"}}
scenes:
  - id: dawn
    start_image: {1}
    negative_prompt: {0}
    shots:
      - id: wide
        duration: 4
        note: {0}
        prompt: {{scene: {0}, camera: {0}, subject_motion: "@potter and @cat {{{{ words }}}}", audio: {0}}}
        dialogue: [{{{0}: {0}}}, {0}]
      - id: near
        duration: 3
        prompt: {0}
cut:
  title: {{text: {0}, subtitle: {0}, duration: 2}}
"""


def test_words_of_a_storyboard_are_words(run: Run, tmp_path: Path) -> None:
    """Every field with markup in it gives the page that harmless words give, to the last element."""
    pages = []
    for name, words in (("bad", PAYLOAD), ("good", "w" * len(PAYLOAD))):
        film = project(tmp_path / name)
        text = HOSTILE.format(json.dumps(words), json.dumps(f"stills/{words[-8:]}.png"))
        (film / "storyboard.yaml").write_text(text, encoding="utf-8")
        page = written(run, film, code=1)  # the prompt is too long, so that a code frame shows it, too
        assert page.one(id="scene-dawn").one(class_="note").text == f"Note {words}"
        pages.append([*page.one(tag="body").skeleton()])
    assert pages[0] == pages[1]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=30)
@given(TEXTS, TEXTS, TEXTS)
def test_any_words_are_words(title: str, path: str, message: str) -> None:
    """Also those that no storyboard may hold."""
    page = page_of(Facts(title, path, (), (), no_strip=message), Links(), look())
    tree = read(page)
    harmless(tree)
    assert list(tree.skeleton()) == list(read(page_of(Facts("x", "x", (), ()), Links(), look())).skeleton())
    assert tree.one(tag="h1").raw == visible(title).replace("\r\n", "\n").replace("\r", "\n")


def small(name: str) -> Picture:
    return Picture(f"/pictures/{name}", 448, 252)


def in_memory(text: str = FILM) -> Facts:
    found = compiled(text)
    assert found.source is not None
    return facts_of(Known("s.yaml", (found.source,), found.diagnostics, found.film))


def test_the_page_is_put_together_of_its_parts() -> None:
    """What a server of the page relies on: one element a part, called by its key, and scenes in one place."""
    facts = in_memory()
    links = Links({path: small(path) for path in facts.stills})
    parts = parts_of(facts, links, look())
    assert list(parts) == [
        *("head", "totals", "findings", "timeline", "filters", "scene-dawn", "scene-turn", "pictures")
    ]
    html = page_of(facts, links, look())
    page = read(html)
    for name, part in parts.items():
        [root] = read(part).children
        assert root.attributes["id"] == name
        assert part in html
    assert [each.attributes["id"] for each in page.one(id="scenes").children] == ["scene-dawn", "scene-turn"]
    pictures = page.one(id="scene-turn").having(tag="img")
    assert [each.attributes["src"] for each in pictures] == [
        "/pictures/stills/dawn.png",
        "/pictures/stills/noon.png",
    ]
    assert {each.attributes["loading"] for each in pictures} == {"lazy"}
    assert not page.one(id="pictures").having(tag="image")


def test_a_change_of_one_scene_changes_its_part_alone() -> None:
    before = parts_of(in_memory(), Links(), look())
    after = parts_of(in_memory(FILM.replace("on the beat", "off the beat")), Links(), look())
    assert [name for name in before if before[name] != after[name]] == ["scene-dawn"]


PLACES = {
    "in a shot": ("@potter sits down", ("dawn", "hands")),
    "in a shot's own line": ("@potter enters", ("dawn", "wide")),
    "in a scene": ("stills/dawn.png\n    shots", ("dawn", "")),
    "in a scene that is its one shot": ("the light goes", ("turn", "")),
    "below the scenes": ("dissolve", ("", "")),
    "above them": ("35mm", ("", "")),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_diagnostic_stands_at_its_scene_and_shot(name: str) -> None:
    from storyboard.diagnostics import Diagnostic

    wanted, home = PLACES[name]
    found = compiled(FILM)
    assert found.source is not None
    scenes = found.film.scenes if found.film is not None else ()
    at = FILM.index(wanted)
    span = found.source.span(at, at + 3)
    [finding] = findings_of(
        [Diagnostic("SB000", "error", "x", span)], [found.source], [each.scene for each in scenes]
    )
    assert (finding.scene, finding.shot) == home


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=9), st.integers(0, 16), st.sampled_from([512, 2500])
)
def test_a_meter_is_to_scale(parts: list[int], tags: int, limit: int) -> None:
    stretches = tuple(Stretch(f"s{number}", "shot", count) for number, count in enumerate(parts))
    characters = sum(parts) + tags
    shot = ShotFacts("x", 3, False, (), characters, limit - 12, limit, stretches, None, None, ())
    meter = meter_of(shot)
    assert sum(row.characters for row in meter.rows) == characters
    end = sum(float(row.width.rstrip("%")) for row in meter.rows)
    assert end == pytest.approx(100 * characters / max(limit, characters), abs=0.1)
    assert shot.state == ("over" if characters > limit else "near" if characters > limit - 12 else "ok")


@settings(max_examples=40)
@given(st.integers(1, 10**6), st.sampled_from([24, 25, 30]))
def test_a_ruler_has_few_ticks_within_the_strip(frames: int, fps: int) -> None:
    ruler = ruler_of(Strip(fps, frames, (Bar("x", "x", 0, frames, "stills"),), ()))
    assert ruler is not None
    places = [float(place.rstrip("%")) for place, _ in ruler.ticks]
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] <= 100
    assert len(places) <= 10 or frames / fps > 8 * 3600
    assert clock(65 * fps, fps) == "1:05"


def test_amounts_that_are_not_known_are_not_zero(run: Run, film: Path) -> None:
    text = FILM.replace("    generate_audio: false\n", "").replace("  cat:", "  hat:").replace("@cat", "@hat")
    text = text.replace("elements:\n", "voices: {mara: '1'}\nelements:\n").replace(
        "prompt: the light goes round", 'prompt: "the light goes round <<<mara>>>"'
    )
    (film / "storyboard.yaml").write_text(text, encoding="utf-8")
    ended = run("estimate", film, "--format", "json")
    document = json.loads(ended.out)
    assert document["unpriced"] == ["turn"]
    page = read(written_text(run, film))
    assert page.one(tag="div", class_="estimate").one(
        tag="data"
    ).text == f">= {Decimal(document['total']):.3f}".rstrip("0")
    assert "no price" in page.one(id="scene-turn").one(tag="header").text


def written_text(run: Run, film: Path) -> str:
    run("report", film)
    return (film / "report.html").read_text(encoding="utf-8")
