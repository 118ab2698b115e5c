"""Storyboards of several files: what each brings, where its paths lead, what is refused, and what an edit touches."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from a_repository import Repository
from jsonschema import validate
from PIL import Image

from storyboard.cli.inputs import prepare
from storyboard.cli.rewrite import write_field
from storyboard.errors import Refused
from storyboard.location import locate
from storyboard.pipeline import Checked, check
from storyboard.read import include
from storyboard.report.schema import language_schema

HEAD = "storyboard: 1\nendpoint: kling-v3-standard-text\n"
CAST = "elements: {heron: {description: a grey heron}}\nvars: {light: dusk}\nvoices: {mara: 829877809978941442}\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files below the project folder; the storyboard's path."""

    def written(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (tmp_path / "storyboard.toml").touch()
        return tmp_path / "storyboard.yaml"

    return written


def good(path: Path, **more: Any) -> Checked:
    checked = check(locate(path), {}, **more)
    assert not checked.errors, checked.diagnostics
    return checked


def prompts(path: Path) -> dict[str, str]:
    compiled = good(path).compiled
    assert compiled is not None
    return {request.scene: str(request.arguments["prompt"]) for request in compiled.requests}


def test_all_scenes_may_be_those_of_an_included_file(write: Callable) -> None:
    for own in ("scenes:\n", "scenes: []\n", ""):
        path = write(
            storyboard=f"{HEAD}{own}include: inc.yaml\n", inc="scenes:\n  - {id: z, prompt: reeds}\n"
        )
        assert list(prompts(path)) == ["z"]
    validate({"storyboard": 1, "include": "inc.yaml"}, language_schema())
    write(inc="vars: {x: y}\n")
    (found,) = check(locate(path), {}).diagnostics
    assert (found.code, found.span.path, found.span.line) == ("SB123", str(path), 1)


def test_a_file_that_many_ways_lead_to_is_followed_once(write: Callable) -> None:
    """Forty layers of two files, each including both of the next: 2^40 ways."""
    layers = {
        f"{side}{number}": (f"include: [a{number + 1}.yaml, b{number + 1}.yaml]\n" if number < 39 else "")
        + f"vars: {{{side}{number}: 1}}\ndefaults: {{note: x{', duration: 4' * (number in {0, 39} and side == 'a')}}}\n"
        for number in range(40)
        for side in "ab"
    }
    path = write(storyboard=f"{HEAD}include: [a0.yaml, b0.yaml]\nscenes: [{{id: a, prompt: x}}]\n", **layers)
    assert good(path).diagnostics == ()


def test_what_a_file_brings(write: Callable) -> None:
    path = write(
        storyboard=f"{HEAD}include: cast/all.yaml\nscenes:\n  - {{id: lake, prompt: '@heron at {{{{ light }}}}'}}\n",
        cast__all=f"{CAST}defaults: {{duration: 7, prompt: {{constraints: no lettering}}}}\n"
        "scenes: [{id: title, prompt: fog}]\nx-mine: 1\nnote: shared\n",
    )
    found = prompts(path)
    assert list(found) == ["title", "lake"]
    assert "heron (a grey heron) at dusk" in found["lake"]
    assert all("no lettering" in prompt for prompt in found.values())
    checked = good(path)
    assert [source.path for source in checked.sources][:2] == [
        path.as_posix(),
        (path.parent / "cast/all.yaml").as_posix(),
    ]
    assert {request.seconds for request in checked.compiled.requests} == {7} if checked.compiled else False


def test_defaults_lie_outside_of_the_including_file(write: Callable) -> None:
    path = write(
        storyboard=f"{HEAD}include: look.yaml\ndefaults: {{duration: 4, prompt: {{important_details: b}}}}\n"
        "scenes:\n  - {id: one, prompt: x}\n  - include: acts/two.yaml\n",
        look="include: film.yaml\ndefaults: {duration: 6, generate_audio: false, prompt: {important_details: a}}\n",
        film="defaults: {duration: 9, generate_audio: true, prompt: {important_details: 35mm}}\n",
        acts__two="include: [../look.yaml, ../rain.yaml]\ndefaults: {prompt: {important_details: c}}\n"
        "scenes:\n  - {id: two, prompt: y}\n",
        rain="defaults: {prompt: {important_details: rain}}\n",
    )
    compiled = good(path).compiled
    assert compiled is not None
    one, two = compiled.requests
    assert (one.seconds, one.arguments["generate_audio"]) == (4, False)
    assert (two.seconds, two.arguments["generate_audio"]) == (4, False), (
        "a file stands in the row once, outermost"
    )
    assert "35mm, a, b" in str(one.arguments["prompt"])
    assert "35mm, a, b, rain, c" in str(two.arguments["prompt"])


def test_paths_are_relative_to_their_own_file(write: Callable, run: Callable) -> None:
    path = write(
        storyboard="storyboard: 1\ninclude: cast/all.yaml\nscenes:\n  - include: acts/one.yaml\n"
        "  - {id: last, start_image: stills/a.png, prompt: x}\n",
        cast__all="elements: {bird: {frontal_image: heron.png, reference_images: [../stills/a.png]}}\n",
        acts__one="defaults: {template: ../words/plain.j2}\n"
        "scenes:\n  - {id: dawn, start_image: stills/dawn.png, prompt: '@bird'}\n",
    )
    for name in ("cast/heron.png", "stills/a.png", "acts/stills/dawn.png"):
        (path.parent / name).parent.mkdir(exist_ok=True, parents=True)
        Image.new("RGB", (640, 360), (len(name), 9, 9)).save(path.parent / name)
    (path.parent / "words").mkdir()
    (path.parent / "words" / "plain.j2").write_text("plainly: {{ subject_motion }}", encoding="utf-8")
    ran = run("expand", path)
    assert ran.code == 0, ran.out
    dawn, last = (request["arguments"] for request in json.loads(ran.out)["requests"])
    assert dawn["start_image_url"] == "file:acts/stills/dawn.png"
    assert dawn["elements"] == [
        {"frontal_image_url": "file:cast/heron.png", "reference_image_urls": ["file:stills/a.png"]}
    ]
    assert dawn["prompt"] == "plainly: @Element1"
    assert last["start_image_url"] == "file:stills/a.png"


def test_a_series_shares_one_cast(write: Callable) -> None:
    scene = "scenes:\n  - {{id: {0}, prompt: '@heron in {0}'}}\n"
    write(
        cast=CAST,
        one__storyboard=f"{HEAD}include: ../cast.yaml\n{scene.format('spring')}",
        two__storyboard=f"{HEAD}include: ../cast.yaml\n{scene.format('autumn')}",
        storyboard=HEAD,
    )
    folder = write().parent
    found = [prompts(folder / name / "storyboard.yaml") for name in ("one", "two")]
    assert [list(each) for each in found] == [["spring"], ["autumn"]]
    assert all("a grey heron" in text for each in found for text in each.values())


def test_a_link_out_of_the_project_is_not_read(
    write: Callable, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.yaml"
    elsewhere.write_text("title: secret words\n", encoding="utf-8")
    path = write(
        storyboard=f"{HEAD}include: [cast.yaml, loop.yaml, folder.yaml]\nscenes: [{{id: a, prompt: x}}]\n"
    )
    (path.parent / "cast.yaml").symlink_to(elsewhere)
    (path.parent / "loop.yaml").symlink_to(path.parent / "loop.yaml")
    (path.parent / "folder.yaml").mkdir()
    found = check(locate(path), {})
    assert [one.code for one in found.diagnostics] == ["SB151"] * 3
    assert "is a link that leaves the project" in found.diagnostics[0].message
    assert not any("secret" in source.text for source in found.sources)


def test_bounds(write: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"part{n}": f"vars: {{v{n}: 1}}\n" for n in range(include.MOST_FILES + 1)}
    listed = ", ".join(f"{name}.yaml" for name in files)
    path = write(storyboard=f"{HEAD}include: [{listed}]\nscenes: [{{id: a, prompt: x}}]\n", **files)
    found = check(locate(path), {})
    assert [one.code for one in found.diagnostics] == ["SB157"]
    monkeypatch.setattr("storyboard.around.MAX_BYTES", 300)
    path = write(
        storyboard=f"{HEAD}include: [a.yaml, b.yaml]\nscenes: [{{id: a, prompt: x}}]\n",
        a=f"note: {'a' * 200}\n",
        b=f"note: {'b' * 200}\n",
    )
    found = check(locate(path), {})
    assert [(one.code, one.span.column) for one in found.diagnostics] == [("SB157", 19)]


def test_an_earlier_revision_includes_what_lay_there_then(tmp_path: Path, run: Callable) -> None:
    here = Repository(tmp_path)
    here.git("init", "--quiet", "-b", "main")
    here.write(
        "film/storyboard.yaml", f"{HEAD}include: ../cast/all.yaml\nscenes: [{{id: a, prompt: '@heron'}}]\n"
    )
    here.write("cast/all.yaml", CAST)
    here.write("cast/other.yaml", "")
    here.commit()
    here.write("cast/all.yaml", CAST.replace("grey", "white"))
    ran = run("diff", tmp_path / "film", "HEAD")
    assert ran.code == 0, ran.err
    assert "description: a [-grey-]{+white+} heron" in ran.out
    here.git("mv", "cast/all.yaml", "cast/people.yaml")
    here.write(
        "film/storyboard.yaml", f"{HEAD}include: ../cast/al.yaml\nscenes: [{{id: a, prompt: '@heron'}}]\n"
    )
    here.commit()
    here.write("film/storyboard.yaml", f"{HEAD}scenes: [{{id: a, prompt: heron}}]\n")
    ran = run("diff", tmp_path / "film", "HEAD")
    assert "there is no file cast/al.yaml to include" in f"{ran.out}{ran.err}"


def test_a_take_is_written_where_the_scene_stands(write: Callable) -> None:
    path = write(
        storyboard=f"{HEAD}scenes:\n  - id: all\n    scenes:\n      - id: first\n        prompt: x\n"
        "      - include: act.yaml\n",
        act="scenes:\n  - prompt: y\n    id: second\n  - {for_each: [1, 2], id: 'n{{ item }}', prompt: z}\n",
    )
    act = path.parent / "act.yaml"
    before = act.read_text(encoding="utf-8")
    assert write_field(prepare(path), "first", "take", "2")
    assert "      - id: first\n        take: 2\n" in path.read_text(encoding="utf-8")
    assert write_field(prepare(path), "second", "take", "3")
    assert act.read_text(encoding="utf-8") == before.replace("id: second\n", "id: second\n    take: 3\n")
    assert not write_field(prepare(path), "second", "take", "3")
    with pytest.raises(Refused, match=r"act\.yaml:5: scene n2 .*`for_each` makes"):
        write_field(prepare(path), "n2", "take", "2")


def test_a_variable_that_only_an_included_file_asks_for_is_no_misspelling(
    write: Callable, run: Callable
) -> None:
    path = write(
        storyboard=f"{HEAD}include: act.yaml\nvars: {{light: dusk}}\nscenes: []\n",
        act="scenes:\n  - {id: a, prompt: 'at {{ light }}'}\n",
    )
    ran = run("check", path, "--var", "light=dawn")
    assert (ran.code, ran.err) == (0, "1 storyboard checked: no problems\n")
