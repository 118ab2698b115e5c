"""Documents keep to the schemas in schemas/: real ones of every kind, and what differs from them is refused."""

from __future__ import annotations

import gc
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from a_capped_film import Film, capped
from a_plan import still
from hypothesis import given
from hypothesis import strategies as st
from test_spend import MONEY, taken

from storyboard.cli import app
from storyboard.folders import folder
from storyboard.ledger.record import TakeRecord
from storyboard.plan.spending import doubtful, grouped, payments, spent
from storyboard.report.charges import bill_document, bill_of
from storyboard.report.spend import By, Spending, spend_document

SCHEMAS = folder("schemas")
NAMES = ("plan", "reconcile", "spend")
# Two scenes, one of which has two shots.
FILM = """
storyboard: 1
endpoint: kling-v3-standard
prices: observed-2026-10
defaults: {generate_audio: false, start_image: still.png}
scenes:
  - id: one
    shots:
      - wide 2s: a potter at the wheel
      - close 2s: hands in the clay
  - {id: two, duration: 3, prompt: the potter rests}
"""
OPEN = ("fits", "fingerprints", "arguments", "paths", "old", "new")  # whose keys are names, or anybody's
OPTIONAL = {"request", "relied_on", "words", "old_path", "new_path"}
MONEY_TEXT = re.compile(r"-?\d+\.\d{2,}")

Documents = dict[str, list[Any]]


def validator(name: str) -> jsonschema.Draft202012Validator:
    text = (SCHEMAS / f"{name}-1.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def told(film: Film, *arguments: str, code: int = 0) -> Any:
    """The document that a command prints; in this process, a dozen starts would take longer than all the rest."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("STORYBOARD_FAL_URL", film.visitor.base)
        patch.chdir(film.project)
        ended = app.run([*arguments, "--format", "json"])
    gc.enable()
    assert ended == code, err.getvalue()
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Documents:
    """What real commands print of a film, from its first plan to its bill."""
    found: Documents = {name: [] for name in NAMES}
    with capped(tmp_path_factory.mktemp("documents"), "max_per_month = 20", text=FILM) as film:
        still(film.project)
        found["reconcile"].append(told(film, "reconcile", "."))
        found["spend"].append(told(film, "spend", "."))
        found["plan"] += [told(film, "plan", ".", "--prices", "seeds"), told(film, "plan", ".", "--sandbox")]
        found["plan"].append(told(film, "plan", ".", "-o", "saved.json", "--select", "scene:*"))
        assert film.render()[0] == 0
        found["plan"].append(told(film, "plan", ".", "-o", "bought.json"))
        found["plan"] += [json.loads((film.project / f"{n}.json").read_bytes()) for n in ("saved", "bought")]
        found["reconcile"].append(told(film, "reconcile", "."))
        found["spend"] += [told(film, "spend", ".", "--by", by) for by in get_args(By)]
        found["spend"].append(told(film, "spend", ".", "--month", "2026-01"))
        found["spend"].append(told(film, "spend", ".", "--since", "2026-01-02"))
        text = FILM.replace("hands", "quiet hands").replace("rests", "rests at last")
        (film.project / "storyboard.yaml").write_text(text, encoding="utf-8")
        found["plan"].append(told(film, "plan", "."))
        still(film.project, shade=30)
        film.policy("max_per_run = 0.01", "endpoints = []", "approval = ['kling-v3-standard']")
        found["plan"].append(told(film, "plan", ".", "--max-cost", "0.01", code=3))
        found["reconcile"].append(told(film, "reconcile", "."))
    return found


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all objects whose keys the schema names."""
    if isinstance(value, dict):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if key not in OPEN:
            yield from objects(inner, (*path, key))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


@pytest.mark.parametrize("name", NAMES)
def test_real_documents_keep_their_schema(name: str, documents: Documents) -> None:
    for document in documents[name]:
        validator(name).validate(document)


def test_they_are_of_every_kind(documents: Documents) -> None:
    plans = documents["plan"]
    steps = [step for plan in plans for step in plan["steps"]]
    assert {step["decision"] for step in steps} == {"send", "reuse"}
    assert {step["why"] for step in steps} >= {"new", "changed", "reuse"}
    changes = [change for step in steps for change in step["changes"]]
    assert any("words" in change for change in changes)
    assert any("old_path" in change for change in changes)
    assert any(step["bought_again"] for step in steps)
    assert any(plan["newer_book"] for plan in plans)
    assert any("seal" in plan for plan in plans)
    assert any(file["expires_at"] for plan in plans for file in plan["files"])
    rules = {each["rule"] for plan in plans for each in plan["policy"]["violations"]}
    assert rules == {"budget", "max_per_run", "endpoints", "approval"}
    assert any(plan["policy"]["month"] for plan in plans)
    assert [len(bill["scenes"]) for bill in documents["reconcile"]] == [0, 2, 0]
    assert [bill["others"]["takes"] for bill in documents["reconcile"]] == [0, 0, 2]
    assert {found["by"] for found in documents["spend"]} == {*get_args(By)}


GIVEN_UP = st.dictionaries(
    st.text("abc-123", min_size=1), MONEY.filter(lambda sum_: sum_ is not None), max_size=2
)


@given(takes=st.lists(taken(), max_size=8), own=st.booleans(), given_up=GIVEN_UP)
def test_documents_of_any_takes_do(takes: list[TakeRecord], own: bool, given_up: Mapping[str, Any]) -> None:
    digests = None if own else {take.digest for take in takes[::2]}
    bill = bill_of(takes, digests, remarks=("a remark",), given_up=given_up)
    validator("reconcile").validate(bill_document(bill))
    paid = payments(takes)
    groups = grouped(paid, lambda take: (take.scene, take.scene != "dusk"))
    found = Spending("Spending", "scene", groups, spent(paid), doubtful(paid))
    validator("spend").validate(spend_document(found))


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_required_and_no_other_is_known(name: str, documents: Documents) -> None:
    schema = validator(name)
    for document in documents[name]:
        for path in objects(document):
            for key in at(document, path).keys() - OPTIONAL:
                less = deepcopy(document)
                del at(less, path)[key]
                assert not schema.is_valid(less), (path, key)
            more = deepcopy(document)
            at(more, path)["colour"] = "red"
            assert not schema.is_valid(more), path


@pytest.mark.parametrize("name", NAMES)
def test_money_is_text_and_never_a_number(name: str, documents: Documents) -> None:
    schema, seen = validator(name), 0
    for document in documents[name]:
        for path in objects(document):
            for key, value in at(document, path).items():
                if isinstance(value, str) and MONEY_TEXT.fullmatch(value):
                    seen += 1
                    for wrong in (float(value), f"{value}e0", f"${value}", value.partition(".")[0], ""):
                        other = deepcopy(document)
                        at(other, path)[key] = wrong
                        assert not schema.is_valid(other), (path, key, wrong)
    assert seen > 3


@pytest.mark.parametrize("name", NAMES)
def test_the_tool_that_others_check_with_agrees(name: str, documents: Documents, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.json" for number in range(len(documents[name]) + 1)]
    for file, document in zip(files, documents[name], strict=False):
        file.write_text(json.dumps(document), encoding="utf-8")
    files[-1].write_text(json.dumps(documents[name][0] | {"digest": 7, "currency": "EUR"}), encoding="utf-8")
    tool = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMAS / f"{name}-1.schema.json")]
    ran = subprocess.run(
        [*tool, "-o", "json", *map(str, files)], capture_output=True, text=True, check=False, timeout=60
    )
    wrong = {Path(error["filename"]).name for error in json.loads(ran.stdout)["errors"]}
    assert wrong == {files[-1].name}, ran.stdout


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_described_in_a_sentence(name: str) -> None:
    def fields(schema: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(schema, dict):
            properties = schema.get("properties")
            yield from properties.items() if isinstance(properties, dict) else ()
        inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
        for each in inner:
            yield from fields(each)

    found = list(fields(validator(name).schema))
    assert found
    for field, schema in found:
        assert re.fullmatch(r"[A-Zf].*[\w`]\.", schema.get("description", "")), field
