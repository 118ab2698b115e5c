"""schemas/ is what the program makes and accepts what is right; every compiled request satisfies its endpoint's."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from storyboard.catalog.endpoints import catalog
from storyboard.folders import folder

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
EXAMPLES = HERE.parent / "examples"
SCHEMAS = folder("schemas")
LANGUAGE = SCHEMAS / "storyboard-1.schema.json"
FILMS = sorted([*GOLDEN.glob("film/*/storyboard.yaml"), *EXAMPLES.glob("*/storyboard.yaml")])
GOOD = sorted(GOLDEN.glob("ok/*.yaml"))
WRONG = [
    "unknown-key",
    "unknown-section",
    "version-missing",
    "version-2",
    "scenes-missing",
    "scene-without-id",
    "scene-text",
    "boolean-list",
    "number",
    "take-zero",
    "duration-half",
    "duration-word",
    "list-for-text",
    "mapping-for-text",
    "shot-text",
    "shot-without-seconds",
    "element-text",
    "scenes-empty",
    "shots-empty",
    "budget",
    "dialogue-two-speakers",
    "transition-without-kind",
]


def schema(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_files_are_what_the_program_writes(tmp_path: Path, run: Callable) -> None:
    ran = run("schema", "--write", tmp_path)
    assert ran.code == 0
    made = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.json")}
    kept = {path.relative_to(SCHEMAS).as_posix(): path.read_bytes() for path in SCHEMAS.rglob("*.json")}
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == [], (
        "run `storyboard schema --write schemas`"
    )


def test_one_for_each_endpoint_and_one_for_the_language(run: Callable) -> None:
    for endpoint in catalog().endpoints:
        path = SCHEMAS / "endpoints" / f"{endpoint.alias}.schema.json"
        for name in (endpoint.alias, endpoint.id):
            assert json.loads(run("schema", "--endpoint", name).out) == schema(path)
    assert json.loads(run("schema").out) == schema(LANGUAGE)
    ran = run("schema", "--endpoint", "kling-v3-standart")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `kling-v3-standard`" in ran.err


@pytest.mark.parametrize("path", sorted(SCHEMAS.rglob("*.json")), ids=lambda path: path.stem)
def test_each_is_a_schema(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(path))


def check_jsonschema(*files: Path) -> subprocess.CompletedProcess[str]:
    tool = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--schemafile",
        str(LANGUAGE),
        "-o",
        "json",
        *map(str, files),
    ]
    return subprocess.run(tool, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)


def test_what_check_accepts_the_schema_accepts() -> None:
    """With the tool that editors' and CI's checks are built on, not with ours."""
    ran = check_jsonschema(*GOOD, *FILMS)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_the_schema_can_know_it_refuses() -> None:
    files = [GOLDEN / "err" / f"{name}.yaml" for name in WRONG]
    ran = check_jsonschema(*files)
    found = {Path(error["filename"]).stem for error in json.loads(ran.stdout)["errors"]}
    assert set(WRONG) - found == set()


def expanded(path: Path, tmp_path: Path, run: Callable) -> list[dict[str, Any]]:
    shutil.copytree(path.parent, tmp_path / "film")
    ran = run("expand", tmp_path / "film")
    assert ran.code == 0, ran.out + ran.err
    return json.loads(ran.out)["requests"]


@pytest.mark.parametrize("path", FILMS, ids=lambda path: path.parent.name)
def test_every_request_satisfies_the_endpoints_schema(path: Path, tmp_path: Path, run: Callable) -> None:
    for request in expanded(path, tmp_path, run):
        endpoint = catalog().find(request["endpoint"])
        assert endpoint is not None
        jsonschema.validate(
            request["arguments"], schema(SCHEMAS / "endpoints" / f"{endpoint.alias}.schema.json")
        )


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_request_of_a_good_storyboard_does(path: Path, tmp_path: Path, run: Callable) -> None:
    shutil.copy(path, tmp_path)
    ran = run("expand", tmp_path / path.name)
    assert ran.code == 0, ran.err
    for request in json.loads(ran.out)["requests"]:
        endpoint = catalog().find(request["endpoint"])
        assert endpoint is not None
        jsonschema.validate(
            request["arguments"], schema(SCHEMAS / "endpoints" / f"{endpoint.alias}.schema.json")
        )


BASE = {
    "start_image_url": "https://media.example.org/a.png",
    "prompt": "reeds",
    "duration": "5",
    "generate_audio": True,
    "negative_prompt": "blur",
    "cfg_scale": 0.5,
}
REFUSED = {
    "no prompt": {"prompt": None},
    "two kinds of prompt": {"multi_prompt": [{"prompt": "a", "duration": "5"}], "shot_type": "customize"},
    "a number for seconds": {"duration": 5},
    "16 seconds": {"duration": "16"},
    "2 seconds": {"duration": "2"},
    "cfg above 1": {"cfg_scale": 1.1},
    "no start image": {"start_image_url": None},
    "a prompt of 2501": {"prompt": "x" * 2501},
    "an element without reference": {"elements": [{"frontal_image_url": "x"}]},
    "five elements": {"elements": [{"video_url": "x"}] * 5},
    "another shot type": {"shot_type": "intelligent"},
    "a key that nobody knows": {"seed": 1},
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
def test_the_endpoints_schema_refuses_what_fal_refuses(change: dict[str, Any]) -> None:
    known = schema(SCHEMAS / "endpoints" / "kling-v3-standard.schema.json")
    jsonschema.validate(BASE, known)
    body = {name: value for name, value in (BASE | change).items() if value is not None}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, known)


def test_no_end_image_with_several_shots() -> None:
    known = schema(SCHEMAS / "endpoints" / "kling-v3-4k.schema.json")
    shots = [{"prompt": "a", "duration": "3"}, {"prompt": "b", "duration": "2"}]
    body = {name: value for name, value in BASE.items() if name != "prompt"}
    body |= {"multi_prompt": shots, "shot_type": "customize"}
    jsonschema.validate(body, known)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body | {"end_image_url": "https://media.example.org/b.png"}, known)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body | {"multi_prompt": [{"prompt": "x" * 513, "duration": "5"}]}, known)
