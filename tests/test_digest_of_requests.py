"""A digest says whether two requests are the same thing to buy: nothing more, nothing less."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from in_memory import TEXT, compiled, still
from PIL import Image

IMAGE = "storyboard: 1\nscenes:\n  - id: dawn\n    start_image: dawn.png\n    prompt: a heron lifts off\n"
SAME_AS_IMAGE = {
    "another id": IMAGE.replace("id: dawn", "id: noon"),
    "titles and notes": "title: Reeds\nnote: x\n" + IMAGE + "    title: x\n    note: y\n    x-mine: z\n",
    "another order of keys": (
        "scenes:\n  - prompt: a heron lifts off\n    start_image: dawn.png\n    id: dawn\nstoryboard: 1\n"
    ),
    "another take": IMAGE + "    take: 3\n",
    "a budget and a book": "budget: 3\nprices: observed-2026-10\n" + IMAGE,
    "a budget of its own": "defaults: {budget: 9}\n" + IMAGE + "    budget: 3\n",
    "another spelling of the text": IMAGE.replace("a heron lifts off", ">-\n      a heron\n      lifts off"),
    "another spelling of the path": IMAGE.replace("dawn.png", "./stills/../dawn.png"),
    "the full id of the endpoint": IMAGE + "    endpoint: fal-ai/kling-video/v3/standard/image-to-video\n",
    "by inheritance": (
        "storyboard: 1\ndefaults: {start_image: dawn.png, prompt: a heron lifts off}\nscenes:\n  - id: dawn\n"
    ),
    "by a variable": "vars: {bird: heron}\n" + IMAGE.replace("a heron", "a {{ bird }}"),
    "one shot, written as one": (
        "storyboard: 1\nscenes:\n  - id: dawn\n    start_image: dawn.png\n"
        "    shots:\n      - wide 5s: a heron lifts off\n"
    ),
    "the defaults, written out": (
        IMAGE + "    duration: 5s\n    generate_audio: true\n    cfg_scale: 0.50\n"
        "    negative_prompt: blur, distort, and low quality\n    end_image: null\n"
    ),
    "the only kind of shots, written out": IMAGE + "    shot_type: customize\n",
    "a template that says the same": IMAGE + "    template: kling-v3-labels\n",
    "the cut": IMAGE + "cut: {fps: 25, size: 1280x720}\n",
}
OTHER_THAN_IMAGE = {
    "a character of the prompt": IMAGE.replace("lifts off", "lifts of"),
    "a capital": IMAGE.replace("a heron", "A heron"),
    "seconds": IMAGE + "    duration: 6\n",
    "sound": IMAGE + "    generate_audio: false\n",
    "negative prompt": IMAGE + "    negative_prompt: blur\n",
    "cfg scale": IMAGE + "    cfg_scale: 0.51\n",
    "an end image": IMAGE + "    end_image: noon.png\n",
    "another still": IMAGE.replace("dawn.png", "noon.png"),
    "endpoint": IMAGE + "    endpoint: kling-v3-pro\n",
    "several shots": (
        "storyboard: 1\nscenes:\n  - id: dawn\n    start_image: dawn.png\n    shots:\n"
        "      - 2s: a heron\n      - 3s: lifts off\n"
    ),
    "the still by its address": IMAGE.replace("dawn.png", "https://media.example.org/dawn.png"),
}
FILES = {"dawn.png": still("dawn.png", "a" * 64), "noon.png": still("noon.png", "b" * 64)}


def digest(text: str) -> str:
    result = compiled(text, media=FILES)
    (request,) = result.requests
    assert request.digest is not None
    return request.digest


@pytest.mark.parametrize("text", SAME_AS_IMAGE.values(), ids=SAME_AS_IMAGE.keys())
def test_the_same_thing_to_buy(text: str) -> None:
    assert digest(text) == digest(IMAGE)


@pytest.mark.parametrize("text", OTHER_THAN_IMAGE.values(), ids=OTHER_THAN_IMAGE.keys())
def test_another_thing_to_buy(text: str) -> None:
    assert digest(text) != digest(IMAGE)


def test_all_others_differ_from_each_other() -> None:
    digests = [digest(text) for text in OTHER_THAN_IMAGE.values()]
    assert len(set(digests)) == len(digests)


def test_two_orders_of_shots_or_elements_differ() -> None:
    shots = TEXT + "scenes:\n  - id: a\n    shots:\n      - 3s: {}\n      - 3s: {}\n"
    assert digest(shots.format("reeds", "heron")) != digest(shots.format("heron", "reeds"))


def test_the_name_of_an_element_is_not_bought() -> None:
    text = (
        "storyboard: 1\nelements:\n  {0}: {{frontal_image: dawn.png, reference_images: noon.png}}\n"
        "scenes:\n  - {{id: a, start_image: dawn.png, prompt: the @{0}}}\n"
    )
    assert digest(text.format("potter")) == digest(text.format("陶工"))


def test_the_order_of_declaration_is_not_bought() -> None:
    one = "  a: {frontal_image: dawn.png, reference_images: noon.png}\n"
    two = "  b: {frontal_image: noon.png, reference_images: dawn.png}\n"
    text = "storyboard: 1\nelements:\n{}scenes:\n  - {{id: a, start_image: dawn.png, prompt: the @b and the @a}}\n"
    assert digest(text.format(one + two)) == digest(text.format(two + one))


def test_text_that_looks_like_a_file_is_text() -> None:
    assert digest(TEXT + "scenes:\n  - {id: a, prompt: 'file:dawn.png'}\n") != digest(
        TEXT + "scenes:\n  - {id: a, prompt: 'sha256:" + "a" * 64 + "'}\n"
    )


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    for name, shade in (("dawn.png", 90), ("noon.png", 200)):
        Image.new("RGB", (320, 320), (shade, 90, 90)).save(tmp_path / name)
    (tmp_path / "storyboard.yaml").write_text(IMAGE, encoding="utf-8")
    return tmp_path


def expanded(folder: Path, run: Callable) -> dict:
    ran = run("expand", folder)
    assert ran.code == 0, ran.out + ran.err
    return json.loads(ran.out)["requests"][0]


def test_a_byte_of_a_still_is_bought_and_its_name_is_not(drawn: Path, run: Callable) -> None:
    before = expanded(drawn, run)
    text = drawn / "storyboard.yaml"
    (drawn / "stills").mkdir()
    (drawn / "stills" / "first.png").write_bytes((drawn / "dawn.png").read_bytes())
    text.write_text(IMAGE.replace("dawn.png", "stills/first.png"), encoding="utf-8")
    moved = expanded(drawn, run)
    assert moved["digest"] == before["digest"]
    assert moved["arguments"]["start_image_url"] == "file:stills/first.png"
    data = bytearray((drawn / "stills" / "first.png").read_bytes())
    (drawn / "stills" / "first.png").write_bytes(bytes(data) + b"\0")
    assert expanded(drawn, run)["digest"] != before["digest"]


def test_the_digest_is_what_it_is_said_to_be(drawn: Path, run: Callable) -> None:
    """SHA-256 over a format version, the endpoint and the arguments; local media by the SHA-256 of the file. Written
    down here once more, by hand: whoever changes it makes every clip that was ever bought unknown."""
    request = expanded(drawn, run)
    file = hashlib.sha256((drawn / "dawn.png").read_bytes()).hexdigest()
    granted = {"shot_type": "customize"}  # what fal takes for granted counts, written out or not
    arguments = {**granted, **request["arguments"], "start_image_url": f"sha256:{file}"}
    text = json.dumps(
        {"format": 1, "endpoint": request["endpoint"], "arguments": arguments},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    assert request["digest"] == hashlib.sha256(text.encode()).hexdigest()


def test_without_its_still_a_request_has_no_digest(drawn: Path, run: Callable) -> None:
    (drawn / "dawn.png").unlink()
    assert expanded(drawn, run)["digest"] is None


def test_a_shipped_template_is_never_altered() -> None:
    """A change gets a new name, or every clip that was bought with it would be bought again."""
    from storyboard.folders import folder

    known = json.loads((Path(__file__).parent / "golden" / "templates.json").read_text(encoding="utf-8"))
    prompts = folder("templates") / "prompts"
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(prompts.glob("*.j2"))}
    assert found == known
