"""Rules on writing: what they are for is found; what only looks like it is not. A wrong alarm is worse than a miss."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_memory import TEXT, compiled, still

ROOT = Path(__file__).parents[1]
MEDIA = "https://media.example.org"


def of_writing(text: str) -> list[str]:
    stills = {f"stills/{name}": still(f"stills/{name}") for name in ("a.png", "b.png")}
    return [code for code in compiled(text, media=stills).codes if code.startswith("SB81")]


def scene(body: str, head: str = "") -> str:
    return f"{TEXT}{head}scenes:\n  - id: a\n{body}"


def spoken(*lines: str) -> str:
    listed = "".join(f"      - '{line}'\n" for line in lines)
    return scene(f"    prompt: a keeper\n    dialogue:\n{listed}")


@pytest.mark.parametrize(
    "line",
    [
        "GET OUT",
        "STOP IT NOW, please",
        "I SAID WAIT",
        "DON’T GO THERE",
        "HURRICANE WARNING",
        "WE ARE THE BBC",
    ],
)
def test_speech_in_capitals(line: str) -> None:
    assert of_writing(spoken(f"keeper: {line}")) == ["SB811"]


@pytest.mark.parametrize(
    "line",
    [
        "get out of here",
        "I am here",
        "this is the BBC",
        "BBC, NASA, FBI",
        "NO",
        "the USA and the EU",
        "OK, I will",
        "A",
        "你好 OK",
        "Get Out Of Here",
        "go to R2-D2",
        "I HAD it, then it was gone for good",
    ],
)
def test_speech_that_is_in_order(line: str) -> None:
    assert of_writing(spoken(f"keeper: {line}")) == []


@pytest.mark.parametrize(
    ("line", "script"),
    [
        ("кто там", "Cyrillic"),
        ("مرحبا", "Arabic"),
        ("こんにちは", "Hiragana"),
        ("안녕하세요", "Hangul"),
        ("नमस्ते", "Devanagari"),
        ("東京へ行きます", "Hiragana"),
    ],
)
def test_speech_that_is_translated(line: str, script: str) -> None:
    (found,) = compiled(spoken(f"keeper: {line}")).diagnostics
    assert (found.code, script in found.message) == ("SB812", True)


@pytest.mark.parametrize("line", ["你好吗", "où est-elle", "the α and the ω", "naïve café", "—…!", "π"])
def test_a_language_is_not_guessed(line: str) -> None:
    assert of_writing(spoken(f"keeper: {line}")) == []


def test_what_is_not_spoken_or_not_sent_is_not_judged() -> None:
    assert of_writing(spoken("GET OUT, THE WIND", "a long silence")) == []  # beats
    silent = spoken("keeper: GET OUT OF HERE").replace("    prompt", "    generate_audio: false\n    prompt")
    assert of_writing(silent) == []


CAMERA = {
    "{camera: static wide shot, slow push}": True,
    "{camera: 'locked off, pan left'}": True,
    "{camera: 'pan left, pan right'}": True,
    "{camera: 'push in and pull back'}": True,
    "{camera: zoom in, subject_motion: a heron}": False,
    "{camera: static, subject_motion: the camera pans to the door}": True,
    "{camera: slow push, subject_motion: the camera is static}": True,
    "a heron lifts off, static camera, the camera pushes in": True,
    "{camera: 'static, a breath of handheld'}": False,
    "{camera: 'static, then a slow push'}": False,
    "{camera: slow push that settles into a static close-up}": False,
    "{camera: 'pan left, then pan right'}": False,
    "{camera: 'static, no zoom in, no pan left'}": False,
    "{camera: static, subject_motion: she pushes in the door and pulls back}": False,
    "{camera: 'static close-up, focus drifts from her face'}": False,
    "{camera: 'locked off, no drift'}": False,
    "{camera: slow push to a medium shot, subject_motion: the static on the radio}": False,
    "{camera: dolly zoom, subject_motion: a truck turns left}": False,
    "{subject_motion: the security camera pans, camera: slow push}": False,
    "{camera: 'pan from left to right'}": False,
    "{camera: static or slow push}": False,
}


@pytest.mark.parametrize("prompt", CAMERA)
def test_a_camera_that_is_told_both(prompt: str) -> None:
    prompt = prompt.replace(
        "{camera: static wide shot, slow push}", "{camera: 'static wide shot, slow push'}"
    )
    value = prompt if prompt.startswith("{") else f"'{prompt}'"
    found = of_writing(scene(f"    prompt: {value}\n"))
    assert found == (["SB816"] if CAMERA.get(prompt, True) else [])


TWICE = {
    "{scene: a small studio at first light, subject_motion: a small studio at first light}": True,
    "{scene: a small studio at first light, subject_motion: 'A small studio, at first light: she sits'}": True,
    "{scene: a small studio, subject_motion: in a small studio she sits}": False,
    "{scene: 清晨的陶艺工作室里的光线很柔和, subject_motion: 清晨的陶艺工作室里的光线很柔和}": True,
    "{scene: a small studio at first light, subject_motion: a small room at first light}": False,
    "{important_details: [soft grain on old 35mm film, soft grain on old 35mm film]}": False,
}


@pytest.mark.parametrize("prompt", TWICE)
def test_what_is_said_twice_in_one_shot(prompt: str) -> None:
    assert of_writing(scene(f"    prompt: {prompt}\n")) == (["SB817"] if TWICE[prompt] else [])


LETTERING = {
    'a sign that reads "open"': True,
    'a neon sign above the door reading "BAR"': True,
    "a banner says “welcome”": True,
    'the words "the end" appear': True,
    "the logo fades in": True,
    "a title card": True,
    "a sign above the door": False,
    "no title card, no caption appears": False,
    "she reads a letter": False,
    'she reads the letter and says "no"': False,
    "the sign swings in the wind": False,
    "a newspaper on the table, he reads": False,
    "label and lettering stay exactly as they are": False,
    "he writes a note and leaves": False,
    "a screen flickers": False,
    "without any text on the sign": False,
}


@pytest.mark.parametrize("prompt", LETTERING)
def test_lettering(prompt: str) -> None:
    assert of_writing(scene(f"    prompt: '{prompt}'\n")) == (["SB818"] if LETTERING[prompt] else [])


def test_constraints_speak_of_lettering_and_negative_prompts_of_titles() -> None:
    text = scene(
        "    prompt: {subject_motion: x, constraints: no title card}\n    negative_prompt: title card\n"
    )
    assert of_writing(text) == []


SILENT = "    generate_audio: false\n"
SOUND = {
    f"{SILENT}    prompt: {{subject_motion: x, audio: wind}}\n": ["SB814"],
    f"{SILENT}    prompt: we hear the wind\n": ["SB815"],
    f"{SILENT}    prompt: a bell can be heard\n": ["SB815"],
    f"{SILENT}    prompt: a voice-over begins\n": ["SB815"],
    f"{SILENT}    prompt: no voice-over\n": [],
    f"{SILENT}    prompt: she hears him\n": [],
    "    prompt: {subject_motion: we hear the wind, audio: wind}\n": [],
    f"{SILENT}    prompt: {{verbatim: we hear the wind}}\n": [],
}


@pytest.mark.parametrize("body", SOUND)
def test_sound_while_audio_is_off(body: str) -> None:
    assert of_writing(scene(body)) == SOUND[body]


def test_sound_of_defaults_is_missed_only_when_no_scene_has_any() -> None:
    head = "defaults: {prompt: {audio: wind}}\n"
    one = "  - {id: a, prompt: x, generate_audio: false}\n"
    other = "  - {id: b, prompt: y}\n"
    assert of_writing(f"{TEXT}{head}scenes:\n{one}") == ["SB814"]
    assert of_writing(f"{TEXT}{head}scenes:\n{one}{other}") == []


def test_an_element_without_its_sign() -> None:
    head = (
        "storyboard: 1\nelements:\n"
        f"  potter: {{frontal_image: {MEDIA}/a.png, reference_images: {MEDIA}/b.png}}\n  cat: {{description: grey}}\n"
        f"defaults: {{start_image: {MEDIA}/c.png}}\nscenes:\n  - {{id: z, prompt: '@potter and @cat'}}\n  - id: a\n"
    )
    assert of_writing(head + "    prompt: {elements: potter, subject_motion: she sits}\n") == ["SB813"]
    assert of_writing(head + "    prompt: {elements: the potter, subject_motion: '@potter sits'}\n") == []
    assert of_writing(head + "    prompt: {elements: '@potter, cat', subject_motion: she sits}\n") == []
    assert of_writing(head + "    prompt: {subject_motion: the potter sits}\n") == []


CONSTRAINTS = {
    "same face throughout": ["SB819"],
    "no watermark": [],
    "[same face, no text]": [],
    "没有水印": [],
    "no subtitles": [],
}


@pytest.mark.parametrize("constraints", CONSTRAINTS)
def test_watermarks(constraints: str) -> None:
    head = f"defaults: {{prompt: {{constraints: {constraints}}}}}\n"
    scenes = "  - {id: a, prompt: x}\n  - {id: b, prompt: y}\n"
    assert of_writing(f"{TEXT}{head}scenes:\n{scenes}") == CONSTRAINTS[constraints]


def test_watermarks_elsewhere_and_nowhere() -> None:
    constrained = "defaults: {negative_prompt: 'text, watermark', prompt: {constraints: same face}}\n"
    assert of_writing(f"{TEXT}{constrained}scenes: [{{id: a, prompt: x}}]\n") == []
    assert (
        of_writing(f"{TEXT}scenes: [{{id: a, prompt: {{subject_motion: x, constraints: same face}}}}]\n")
        == []
    )
    assert of_writing(f"{TEXT}scenes: [{{id: a, prompt: x}}]\n") == []


BOARDS = sorted(
    [*ROOT.glob("examples/*/storyboard.yaml"), *ROOT.glob("templates/starters/*/storyboard.yaml")]
)


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.parent.name)
def test_no_example_is_warned_of(path: Path) -> None:
    assert [code for code in compiled(path.read_text(encoding="utf-8")).codes if code.startswith("SB8")] == []
