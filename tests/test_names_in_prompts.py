"""@names, voices and dialogue: who is meant, what is sent, in which order, and how much it counts."""

from __future__ import annotations

import pytest
from in_memory import TEXT, compiled, sent

ADDRESS = "https://media.example.org/"
CAST = """elements:
  potter: {name: the potter, description: a woman}
  potter-2: {description: her sister}
  华强: {description: 一个男人}
  cat_1: {name: the cat, description: a grey cat}
  Bob9: {description: a boy}
  é: {description: an accent}
"""
SEEN = {
    "potter": "the potter (a woman)",
    "potter-2": "potter-2 (her sister)",
    "华强": "华强 (一个男人)",
    "cat_1": "the cat (a grey cat)",
    "Bob9": "Bob9 (a boy)",
    "é": "é (an accent)",
}


def prompt(text: str, cast: str = CAST) -> str:
    return TEXT + cast + "scenes:\n  - id: a\n    prompt: |-\n      " + text.replace("\n", "\n      ") + "\n"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("@potter", "{potter}"),
        ("@potter's hands", "{potter}'s hands"),
        ("@potter-2 and @potter-", "{potter-2} and {potter}-"),
        ("@potter-side", "{potter}-side"),
        ("@华强骑着", "{华强}骑着"),
        ("@华强rides", "{华强}rides"),
        ("@éa", "{é}a"),
        ("(@potter)“@cat_1”@Bob9.", "({potter})“{cat_1}”{Bob9}."),
        ("a @potter,@cat_1;@Bob9!", "a {potter},{cat_1};{Bob9}!"),
        ("@@potter", "@potter"),
        ("@@@potter", "@{potter}"),
        ("@@@@", "@@"),
        ("mail@potter.example", "mail@potter.example"),
        ("9@potter", "9@potter"),
        ("a.b.@potter", "a.b.@potter"),
        ("_@potter", "_{potter}"),
        ("-@potter", "-{potter}"),
        ("水@potter", "水{potter}"),
        ("@potter @potter", "{potter} the potter"),
        ("a@@b", "a@b"),
        ("\\@potter", "\\{potter}"),
    ],
)
def test_who_is_meant(written: str, expected: str) -> None:
    for name, text in SEEN.items():
        expected = expected.replace("{" + name + "}", text)
    assert sent(prompt(written)) == [expected]


@pytest.mark.parametrize(
    ("written", "code", "column", "end"),
    [
        ("@potters", "SB202", 7, 15),
        ("@potter2", "SB202", 7, 15),
        ("@potter_", "SB202", 7, 15),
        ("@cat_11", "SB202", 7, 14),
        ("@华强2", "SB202", 7, 11),  # `@Element1` and `2` would be sent: the twelfth element
        ("@é２", "SB202", 7, 10),
        ("@otter", "SB201", 7, 13),
        ("@Potter", "SB201", 7, 14),
        ("@Element1", "SB203", 7, 16),
        ("a @Element12!", "SB203", 9, 19),
        ("@", "SB212", 7, 8),
        ("a @ b", "SB212", 9, 10),
        ("<<<mara>>>", "SB205", 7, 17),
    ],
)
def test_who_is_not(written: str, code: str, column: int, end: int) -> None:
    found = [d for d in compiled(prompt(written)).diagnostics if d.severity == "error"]
    assert [(d.code, d.span.line, d.span.column, d.span.end_column) for d in found] == [
        (code, 13, column, end)
    ]


def test_a_runner_on_is_told_what_was_meant() -> None:
    (found,) = [d for d in compiled(prompt("@potters")).diagnostics if d.severity == "error"]
    assert "did you mean `@potter`" in (found.hint or "")
    (found,) = [d for d in compiled(prompt("@Element1")).diagnostics if d.severity == "error"]
    assert "positions are computed" in (found.hint or "")


@pytest.mark.parametrize(
    "written",
    ["@@Element1", "a @@Element12!", "{{ '@@' ~ 'Element1' }}", "{% if true %}@@{% endif %}Element1"],
)
def test_nothing_that_looks_like_a_tag_goes_out_by_hand(written: str) -> None:
    """A plain @ before `Element1` is fal's tag all the same: it would show an element that nobody meant."""
    found = [d for d in compiled(prompt(written)).diagnostics if d.severity == "error"]
    assert [(d.code, d.span.line) for d in found] == [("SB218", 13)]


def test_a_template_of_ones_own_writes_no_tags() -> None:
    text = TEXT + "template: ours.j2\nscenes:\n  - {id: a, prompt: reeds}\n"
    assert compiled(text, templates={"ours.j2": "{{ subject_motion }} @Element1"}).codes == ["SB218"]
    assert compiled(text, templates={"ours.j2": "{{ subject_motion }} <<<voice_1>>>"}).codes == ["SB218"]
    assert compiled(text, templates={"ours.j2": "{{ subject_motion }} @ noon"}).codes == []


MEDIA = f"""storyboard: 1
voices: {{mara: 829877809978941442, tom: 829877809978941443}}
elements:
  bowl: {{frontal_image: "{ADDRESS}bowl.png", reference_images: "{ADDRESS}bowl-2.png"}}
  potter: {{frontal_image: "{ADDRESS}potter.png", reference_images: "{ADDRESS}potter-2.png"}}
  child: {{video: "{ADDRESS}child.mp4", voice: mara}}
  cat: {{name: the cat, description: a grey cat}}
scenes:
  - id: a
    start_image: {ADDRESS}a.png
"""


def arguments(body: str, head: str = MEDIA) -> dict:
    result = compiled(head + body)
    assert result.requests, result.diagnostics
    return dict(result.requests[0].arguments)


def test_positions_are_given_by_first_use_in_what_is_sent() -> None:
    """The template puts the scene before the subject, the camera behind it: they are sent in that order."""
    found = arguments(
        "    prompt:\n      camera: follows @potter\n      subject_motion: the @cat and @bowl\n"
        "      scene: the room of @child\n"
    )
    assert found["prompt"].splitlines() == [
        "Scene: the room of @Element1",
        "Subject motion: the the cat (a grey cat) and @Element2",
        "Camera: follows @Element3",
    ]
    assert [next(iter(entry.values())) for entry in found["elements"]] == [
        f"{ADDRESS}child.mp4",
        f"{ADDRESS}bowl.png",
        f"{ADDRESS}potter.png",
    ]


def test_positions_hold_for_all_shots_of_a_request() -> None:
    found = arguments(
        '    shots:\n      - 3s: "@potter"\n      - 3s: "@bowl and @potter"\n      - 3s: "@bowl"\n'
    )
    assert [shot["prompt"] for shot in found["multi_prompt"]] == [
        "@Element1.",
        "@Element2 and @Element1.",
        "@Element2.",
    ]
    assert len(found["elements"]) == 2


def test_what_is_cleared_takes_no_position() -> None:
    found = arguments(
        '    prompt: {camera: null, subject_motion: "@bowl"}\n',
        MEDIA.replace("scenes:", "defaults: {prompt: {camera: follow @potter}}\nscenes:"),
    )
    assert found["prompt"] == "Subject motion: @Element1"
    assert len(found["elements"]) == 1


def test_audio_that_is_not_sent_takes_no_position() -> None:
    found = arguments(
        '    generate_audio: false\n    prompt: {subject_motion: "@bowl", audio: "@potter hums"}\n'
    )
    assert "Audio" not in found["prompt"]
    assert len(found["elements"]) == 1


def test_a_listed_element_comes_after_those_in_the_text() -> None:
    found = arguments("    elements: [potter, bowl]\n    prompt: the @bowl\n")
    assert found["elements"][0]["frontal_image_url"].endswith("bowl.png")
    assert found["elements"][1]["frontal_image_url"].endswith("potter.png")


def test_where_no_elements_are_taken_they_become_names() -> None:
    text = MEDIA.replace(f"    start_image: {ADDRESS}a.png\n", "    endpoint: kling-v3-standard-text\n")
    found = arguments("    prompt: the @bowl, the @cat, the @bowl\n", text)
    assert found["prompt"] == "the bowl, the the cat (a grey cat), the bowl"
    assert "elements" not in found


def test_verbatim_text_still_has_names() -> None:
    found = arguments('    prompt: {verbatim: "  {{ @bowl }} @@ @cat\\n"}\n')
    assert found["prompt"] == "  {{ @Element1 }} @ the cat (a grey cat)\n"


def test_each_tag_counts_eight_more() -> None:
    result = compiled(MEDIA + '    shots:\n      - 3s: "@potter @bowl @potter @cat"\n      - 3s: reeds\n')
    first, second = result.requests[0].shots
    assert first.characters == len("@Element1 @Element2 @Element1 the cat (a grey cat).") + 3 * 8
    assert second.characters == len("reeds.")


@pytest.mark.parametrize(
    ("length", "codes"),
    [(499, []), (500, ["SB305"]), (511, ["SB305"]), (512, ["SB304"])],
)
def test_the_limit_of_a_shot(length: int, codes: list[str]) -> None:
    """The full stop that the template adds counts."""
    result = compiled(
        TEXT + f"scenes:\n  - id: a\n    shots:\n      - 3s: {'水' * length}\n      - 3s: reeds\n"
    )
    assert result.codes == codes


def test_one_shot_may_be_five_times_as_long() -> None:
    text = TEXT + "scenes:\n  - id: a\n    prompt: {}\n"
    assert compiled(text.format("水" * 2500)).codes == []
    assert compiled(text.format("水" * 2501)).codes == ["SB306"]


def lines(dialogue: str, *, audio: bool = True, cast: str = "") -> str:
    return (
        TEXT
        + cast
        + f"scenes:\n  - id: a\n    generate_audio: {str(audio).lower()}\n    prompt: reeds\n    dialogue:\n"
        + "".join(f"      - {line}\n" for line in dialogue.splitlines())
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("she: go", 'she: "go".'),
        ("she (softly): go!", 'she (softly): "go!"'),
        ("'she (softly, to him): go: now'", 'she (softly, to him): "go: now".'),
        ("渔夫（轻声）：别动", '渔夫 (轻声): "别动"。'),
        ("'渔夫 (轻声): 别动'", '渔夫 (轻声): "别动"。'),
        ("渔夫：别动。", '渔夫: "别动。"'),
        ("a long silence", "a long silence."),
        ("it is 10:30 now", "it is 10:30 now."),
        ("a beat (short)", "a beat (short)."),
        ("heron: kraak", 'heron (a grey bird): "kraak".'),
        ("'@heron (loud): kraak'", 'heron (a grey bird) (loud): "kraak".'),
        ("'she: the @heron!'", 'she: "the heron (a grey bird)!"'),
    ],
)
def test_dialogue(line: str, expected: str) -> None:
    cast = "elements: {heron: {description: a grey bird}}\n"
    assert sent(lines(line, cast=cast))[0] == f"reeds\nAudio: {expected}"


def test_dialogue_is_heard_behind_the_sound() -> None:
    text = lines("she: go\na silence").replace(
        "prompt: reeds", "prompt: {subject_motion: reeds, audio: wind}"
    )
    assert sent(text)[0] == 'Subject motion: reeds\nAudio: wind. she: "go". a silence.'


def test_without_sound_nothing_is_heard() -> None:
    result = compiled(
        lines("she: go", audio=False).replace("prompt: reeds", "prompt: {subject_motion: reeds, audio: wind}")
    )
    assert result.requests[0].arguments["prompt"] == "Subject motion: reeds"
    assert sorted(result.codes) == ["SB126", "SB814"]
    assert result.requests[0].tier == "silent"


def test_a_bound_voice_is_its_element() -> None:
    found = arguments(
        "    prompt: the @child\n    dialogue:\n      - 'mara (low): here'\n      - 'child: there'\n"
    )
    assert found["prompt"] == 'the @Element1\nAudio: @Element1 (low): "here". @Element1: "there".'
    assert found["elements"] == [{"video_url": f"{ADDRESS}child.mp4", "voice_id": "829877809978941442"}]
    assert "voice_ids" not in found


def test_without_elements_voices_are_positions() -> None:
    result = compiled(MEDIA + "    prompt: he says <<<tom>>>, she <<<mara>>>, he <<< tom >>>\n")
    found = result.requests[0].arguments
    assert found["prompt"] == "he says <<<voice_1>>>, she <<<voice_2>>>, he <<<voice_1>>>"
    assert found["voice_ids"] == ["829877809978941443", "829877809978941442"]
    assert "SB317" in result.codes
    assert result.requests[0].tier == "voice"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("    prompt: the @bowl\n    dialogue: 'mara: here'\n", ["SB316"]),
        ("    prompt: the @child\n    dialogue: 'tom: here'\n", ["SB316"]),
        ("    prompt: she <<<mara>>>\n    generate_audio: false\n", ["SB316"]),
        ("    prompt: she <<<nobody>>>\n", ["SB205"]),
        ("    prompt: she <<<mara>>>\n    voice_ids: [1]\n", ["SB316"]),
        ("    prompt: she\n    voice_ids: [1, 2, 3]\n", ["SB315"]),
    ],
)
def test_voices_that_cannot_be_heard(body: str, codes: list[str]) -> None:
    found = compiled(MEDIA + body).diagnostics
    assert [d.code for d in found if d.severity == "error"] == codes


def test_a_voice_id_is_text_whatever_it_looks_like() -> None:
    text = MEDIA.replace("829877809978941442", "0012")
    assert arguments("    prompt: she <<<mara>>>\n", text)["voice_ids"] == ["0012"]


def test_a_voice_makes_the_tier() -> None:
    def tier(body: str) -> str:
        return compiled(MEDIA + body).requests[0].tier

    assert tier("    prompt: the @child\n") == "voice"
    assert tier("    prompt: the @child\n    generate_audio: false\n") == "silent"
    assert tier("    prompt: the @bowl\n") == "audio"
    assert tier("    prompt: reeds\n    voice_ids: [1]\n") == "voice"
