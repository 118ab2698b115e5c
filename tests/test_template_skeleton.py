"""A template that only joins is run once for shots that are alike, with the same outcome as for each shot itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from in_memory import compiled, shipped

from storyboard.compile.template import PromptTemplate
from storyboard.read.authored_prompt import SECTIONS

# Letters a paragraph's full stop depends on, names, and plain ones.
LETTERS = "ab7 .!?…。！？,:;'\"”’」』)）(é一ー가\n"
TEXTS = st.text(LETTERS, min_size=1, max_size=12).filter(
    lambda text: text.strip() and text.strip(" \n\"'”’」』)）")
)
PROMPTS = st.dictionaries(
    st.sampled_from([name for name in SECTIONS if name != "elements"]),
    TEXTS | st.lists(TEXTS, min_size=1, max_size=3) | st.just("@cat, then @dog"),
    min_size=1,
)
ITSELF = "{{ '' | upper }}"  # a filter that does more than join: the template then sees every section


def pieces(template: str, shots: list[dict[str, object]], *, audio: bool) -> list[object]:
    """The prompts of one scene, every stretch with where it comes from."""
    document = {
        "storyboard": 1,
        "endpoint": "kling-v3-standard-text",
        "template": "./own.j2",
        "elements": {"cat": {"description": "a grey cat"}, "dog": {"name": "the dog", "description": "old"}},
        "scenes": [
            {"id": "a", "generate_audio": audio, "shots": [{"duration": 3, "prompt": s} for s in shots]}
        ],
    }
    read = compiled(json.dumps(document, ensure_ascii=False), templates={"./own.j2": template})
    assert read.film is not None, read.diagnostics
    return [
        [(piece.text, piece.origin) for piece in prompt.pieces]
        for scene in read.film.scenes
        for prompt in scene.prompts
    ]


@pytest.mark.parametrize("name", sorted(shipped()))
@settings(max_examples=60)
@given(shots=st.lists(PROMPTS, min_size=1, max_size=3), audio=st.booleans())
@example(shots=[{"camera": "he said “go.”"}, {"camera": "一", "audio": "x"}], audio=True)
def test_alike_shots_share_what_the_template_made(
    name: str, shots: list[dict[str, object]], *, audio: bool
) -> None:
    source = shipped()[name]
    assert source is not None
    text = source.text
    assert PromptTemplate.of(text).only_joins
    assert not PromptTemplate.of(ITSELF + text).only_joins
    assert pieces(text, shots, audio=audio) == pieces(ITSELF + text, shots, audio=audio)


@pytest.mark.parametrize(
    "text",
    [
        "{% extends 'kling-v3' %}",
        "{% include 'kling-v3' %}",
        "{% import 'kling-v3' as theirs %}{{ camera }}",
        "{% from 'kling-v3' import label %}{{ camera }}",
        "{% macro same(text) %}{{ text }}{% endmacro %}{{ same(camera) }}",
        "{% block camera %}{{ camera }}{% endblock %}",
    ],
)
def test_a_template_of_several_files_or_macros_is_asked_each_time(text: str) -> None:
    assert not PromptTemplate.of(text).only_joins


@pytest.mark.parametrize("name", sorted(shipped()))
@settings(max_examples=30)
@given(shots=st.lists(PROMPTS, min_size=1, max_size=3), audio=st.booleans())
def test_a_template_that_includes_another_says_the_same(
    name: str, shots: list[dict[str, object]], *, audio: bool
) -> None:
    source = shipped()[name]
    assert source is not None
    included = "{% include '" + name + "' %}"
    assert pieces(included, shots, audio=audio) == pieces(source.text, shots, audio=audio)


@pytest.mark.parametrize(
    "text",
    [
        "{% if camera == 'static' %}still{% endif %}{{ camera }}",
        "{{ camera | upper }}",
        "{{ [camera, audio] | join(', ') }}",
        "{% for count in [camera] %}{% if count == 'x' %}x{% endif %}{{ count }}{% endfor %}",
        "{{ camera if camera is defined else '' }}",
    ],
)
def test_a_template_that_looks_at_the_words_is_asked_each_time(text: str) -> None:
    assert not PromptTemplate.of(text).only_joins
    shots: list[dict[str, object]] = [{"camera": "static"}, {"camera": "moving"}]
    first, second = pieces(text, shots, audio=False)
    assert first != second
