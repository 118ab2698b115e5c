"""The action that comments a pull request: its very script, with real git and the real program, and a `gh` that keeps
its comments in a file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from a_repository import Repository, new_repository
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
ACTION = ROOT / ".github" / "actions" / "storyboard-cost"
README = ROOT / "README.md"
MARK = re.compile(r"<!-- storyboard-cost [0-9a-f]{16} -->\n")
HEAD = "storyboard: 1\nprices: seeds\nendpoint: kling-v3-standard\n"
HEAD += "defaults: {start_image: 'https://media.example.org/dawn.png', generate_audio: false}\nscenes:\n"
BEFORE = HEAD + "  - {id: dawn, duration: 5, prompt: reeds}\n"
AFTER = HEAD + "  - {id: dawn, duration: 7, prompt: reeds}\n  - {id: noon, duration: 3, prompt: a heron}\n"

pytestmark = pytest.mark.skipif(os.name == "nt" or shutil.which("bash") is None, reason="takes a POSIX shell")


@dataclass(frozen=True)
class PullRequest:
    """A checkout of a pull request, as a job has it. `aside` holds what is not of the repository."""

    repository: Repository
    base: str
    aside: Path

    @property
    def comments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.aside / "comments.json").read_text(encoding="utf-8"))
        return found

    def put(self, comments: list[dict[str, Any]]) -> None:
        (self.aside / "comments.json").write_text(json.dumps(comments), encoding="utf-8")

    @property
    def asked(self) -> list[list[str]]:
        """What gh was asked, a list of words each."""
        file = self.aside / "asked.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def methods(self) -> list[str]:
        return [words[words.index("--method") + 1] for words in self.asked if "--method" in words]

    @property
    def summary(self) -> str:
        file = self.aside / "summary.md"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def run(self, **given: str) -> subprocess.CompletedProcess[str]:
        """The job's step."""
        environment = {
            **os.environ,
            "PATH": f"{self.aside / 'programs'}{os.pathsep}{os.environ['PATH']}",
            "PLAYED_GITHUB": str(self.aside),
            "GITHUB_REPOSITORY": "someone/films",
            "GITHUB_STEP_SUMMARY": str(self.aside / "summary.md"),
            "GH_TOKEN": "a-token",
            "COST_PATH": ".",
            "COST_BASE": self.base,
            "COST_MAX": "",
            "COST_PRICES": "",
            "COST_APPROVE": "",
            "COST_PULL_REQUEST": "17",
            **given,
        }
        return subprocess.run(
            ["bash", str(ACTION / "cost.sh")],
            cwd=self.repository.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )


def program(folder: Path, name: str, *words: object) -> None:
    """A program of that name, which is other words."""
    folder.mkdir(exist_ok=True)
    told = " ".join(f"'{word}'" for word in words)
    (folder / name).write_text(
        f'#!/bin/sh\nenv | grep -E "^(COST|GH|GITHUB)_" > "$PLAYED_GITHUB/given-{name}"\nexec {told} "$@"\n'
    )
    (folder / name).chmod(0o755)


@pytest.fixture
def pull_request(tmp_path: Path) -> PullRequest:
    repository = new_repository(tmp_path / "repository")
    repository.write("storyboard.yaml", BEFORE)
    base = repository.commit()
    repository.git("checkout", "-q", "-b", "longer")
    repository.write("storyboard.yaml", AFTER)
    repository.commit()
    tests = Path(__file__).parent
    program(tmp_path / "programs", "gh", sys.executable, tests / "played_github.py")
    program(tmp_path / "programs", "storyboard", sys.executable, "-P", "-m", "storyboard")
    found = PullRequest(repository, base, tmp_path)
    found.put([])
    return found


def test_the_first_run_comments_and_the_second_brings_it_up_to_date(pull_request: PullRequest) -> None:
    ran = pull_request.run()
    assert ran.returncode == 0, ran.stderr
    (first,) = pull_request.comments
    assert MARK.match(first["body"])
    assert "| **total** |  | **0.840** | **1.680** | **+0.840** |" in first["body"]
    assert f"Against {pull_request.base[:8]}" in first["body"]
    assert pull_request.summary == first["body"]
    pull_request.repository.write("storyboard.yaml", BEFORE.replace("5,", "3,"))
    pull_request.repository.commit()
    assert pull_request.run().returncode == 0
    (second,) = pull_request.comments
    assert second["id"] == first["id"]
    assert "| **total** |  | **0.840** | **0.504** | **-0.336** |" in second["body"]
    assert pull_request.methods == ["POST", "PATCH"]


@pytest.mark.long
def test_comments_of_others_stay_as_they_are(pull_request: PullRequest) -> None:
    """Even one that begins with our mark: a token that may write could change it."""
    pull_request.run()
    mark = MARK.match(pull_request.comments[0]["body"])
    assert mark is not None
    others = [
        {"id": 1, "user": {"login": "mallory"}, "body": f"{mark[0]}\nmine"},
        {"id": 2, "user": None, "body": f"{mark[0]}\nof nobody"},
        {"id": 3, "user": {"login": "github-actions[bot]"}, "body": f"of another action\n{mark[0]}"},
        {"id": 4, "user": {"login": "github-actions[bot]"}, "body": None},
    ]
    pull_request.put([*others, *pull_request.comments])
    pull_request.run()
    assert pull_request.comments[:4] == others
    assert len(pull_request.comments) == 5
    pull_request.put(others)
    pull_request.run()
    assert pull_request.comments[:4] == others
    assert len(pull_request.comments) == 5


@pytest.mark.long
def test_each_storyboard_has_a_comment_of_its_own(pull_request: PullRequest) -> None:
    pull_request.repository.write("two/storyboard.yaml", AFTER)
    for _ in range(2):
        assert [pull_request.run(COST_PATH=path).returncode for path in (".", "two")] == [0, 0]
    assert pull_request.methods == ["POST", "POST", "PATCH", "PATCH"]


@pytest.mark.long
def test_too_dear_is_commented_and_fails(pull_request: PullRequest) -> None:
    ran = pull_request.run(COST_MAX="1.00", COST_PRICES="seeds")
    assert ran.returncode == 3
    (comment,) = pull_request.comments
    assert "**Refused**" in comment["body"]
    assert comment["body"].count("The estimate is 1.68 USD; the budget of one run is 1.00 USD") == 1
    assert "**+0.840**" in comment["body"]
    assert pull_request.run(COST_MAX="1.68", COST_PRICES="seeds").returncode == 0
    assert "Refused" not in pull_request.comments[0]["body"]


@pytest.mark.long
def test_what_takes_an_approval_is_approved_by_the_workflow(pull_request: PullRequest) -> None:
    pull_request.repository.write("storyboard.toml", "[policy]\napproval = ['*-standard*', '*-pro*']\n")
    assert pull_request.run().returncode == 3
    (comment,) = pull_request.comments
    assert comment["body"].count("asks for a person's approval of kling-v3-standard") == 1
    assert "Nothing was sent" not in comment["body"]
    assert pull_request.run(COST_APPROVE="kling-v3-pro, kling-v3-standard").returncode == 0


@pytest.mark.long
def test_a_book_that_the_pull_request_brings_is_not_trusted_with_a_budget(pull_request: PullRequest) -> None:
    book = (
        'name = "cheap"\nas_of = 2026-11-01\ncurrency = "USD"\nsource = "me"\n\n[[price]]\n'
        'endpoint = "fal-ai/kling-video/v3/standard/image-to-video"\nsilent = "0.001"\n'
    )
    pull_request.repository.write("cheap.toml", book)
    pull_request.repository.write("storyboard.yaml", AFTER.replace("prices: seeds", "prices: cheap.toml"))
    assert pull_request.run(COST_MAX="1.00").returncode == 3
    assert pull_request.run(COST_MAX="1.00", COST_PRICES="seeds").returncode == 3
    assert pull_request.run().returncode == 0


def test_mistakes_are_annotated_commented_and_fail(pull_request: PullRequest) -> None:
    pull_request.repository.write("storyboard.yaml", AFTER.replace("prompt: a heron", "promt: a heron"))
    ran = pull_request.run()
    assert ran.returncode == 1
    assert re.search(r"^::error file=storyboard\.yaml,line=7,.*unknown key `promt`", ran.stdout, re.MULTILINE)
    (comment,) = pull_request.comments
    assert "**The storyboard has errors.**" in comment["body"]
    assert "<details open>" in comment["body"]
    assert "storyboard.yaml:7:" in comment["body"]


@pytest.mark.parametrize(
    "given",
    [
        {"COST_PATH": "nowhere"},
        {"COST_PATH": "--help"},
        {"COST_BASE": "no-such-branch"},
        {"COST_BASE": "--help"},
        {"COST_BASE": "0123456789" * 4},
        {"COST_MAX": "much"},
        {"COST_PRICES": "sedes"},
    ],
)
def test_a_mistake_of_the_workflow_is_not_the_pull_requests(
    given: dict[str, str], pull_request: PullRequest
) -> None:
    ran = pull_request.run(**given)
    assert ran.returncode == 2
    assert "storyboard: " in ran.stdout
    assert pull_request.asked == []


def test_without_a_base_it_says_so(pull_request: PullRequest) -> None:
    ran = pull_request.run(COST_BASE="")
    assert ran.returncode != 0
    assert "nothing to compare with" in ran.stderr
    assert pull_request.asked == []


@pytest.mark.long
def test_where_it_may_not_comment_the_summary_has_it(pull_request: PullRequest) -> None:
    """A fork's token may only read: that fails nothing."""
    (pull_request.aside / "read-only").touch()
    ran = pull_request.run()
    assert ran.returncode == 0
    assert pull_request.comments == []
    notice = "\n::notice title=storyboard cost::The pull request could not be commented"
    assert notice in ran.stdout
    assert "**+0.840**" in pull_request.summary
    assert pull_request.run(COST_MAX="1.00", COST_PRICES="seeds").returncode == 3


def test_without_a_pull_request_there_is_only_the_summary(pull_request: PullRequest) -> None:
    assert pull_request.run(COST_PULL_REQUEST="", COST_BASE="main").returncode == 0
    assert pull_request.asked == []
    assert "Against main at" in pull_request.summary


@pytest.mark.long
def test_a_shallow_checkout_gets_the_base_alone(pull_request: PullRequest, tmp_path: Path) -> None:
    clone = pull_request.repository.cloned(tmp_path / "clone", "--depth=1", "--branch=longer")
    shallow = PullRequest(clone, pull_request.base, pull_request.aside)
    ran = shallow.run()
    assert ran.returncode == 0, ran.stderr
    assert "**+0.840**" in shallow.comments[0]["body"]
    assert clone.git("rev-parse", "--is-shallow-repository") == "true"


def test_an_earlier_revision_that_is_broken_fails_nothing(pull_request: PullRequest) -> None:
    pull_request.repository.git("checkout", "-q", "main")
    pull_request.repository.write("storyboard.yaml", "storyboard: 7\n")
    broken = pull_request.repository.commit()
    pull_request.repository.git("checkout", "-q", "longer")
    assert pull_request.run(COST_BASE=broken).returncode == 0
    assert "can't be read" in pull_request.comments[0]["body"]


def test_only_gh_is_given_the_token(pull_request: PullRequest) -> None:
    pull_request.run()
    assert "a-token" in (pull_request.aside / "given-gh").read_text()
    given = (pull_request.aside / "given-storyboard").read_text()
    assert "COST_PATH" in given
    assert "a-token" not in given


def test_nothing_of_the_pull_request_is_run(pull_request: PullRequest) -> None:
    """Python in its folder, settings of the shell, programs beside it."""
    canary = pull_request.aside / "canary"
    for name in ("json", "html", "hashlib", "pathlib", "itertools", "sitecustomize", "typing", "comment"):
        pull_request.repository.write(f"{name}.py", f"open({str(canary)!r}, 'w')")
    for name in ("gh", "git", "storyboard", "od", "cat", "python3", ".bashrc", ".profile"):
        pull_request.repository.write(name, f"#!/bin/sh\ntouch {canary}\n").chmod(0o755)
    assert pull_request.run().returncode == 0
    assert not canary.exists()


HOSTILE = [
    "<script>alert(1)</script>",
    "</pre></details><h1>x",
    "<!-- storyboard-cost 0123456789abcdef -->",
    "-->",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "@octocat and @org/team",
    "#1 GH-1 a/b#1",
    "| a | b |",
    "`x` ```x",
    "$(touch /tmp/x) `touch x` ; exit 0",
    "${{ github.token }}",
    "::error::forged",
    "::stop-commands::x",
    "\n::error::forged\n# heading\n- list\n\n***\n",
    "\r::error::forged",
    "%0A::error::forged",
    "=1+1",
    "\u202e\x1b[2J\u2028::error::forged",
    "'\"\\",
    "EOF",
]


class Rendered(HTMLParser):
    """A comment as GitHub's Markdown has it: its tags, and every stretch of text by itself."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.stretches: list[str] = []
        self.within: list[str] = []
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.within.append(tag)
        self.links += [value or "" for name, value in attributes if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.within.pop() == tag, "what is opened is closed, in order"

    def handle_data(self, data: str) -> None:
        self.stretches.append(data)


def quoted(text: str) -> str:
    """As a YAML scalar in double quotes, all in escapes."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


def scenes(entry: str) -> str:
    """A scene for each hostile text."""
    return HEAD + "".join(entry % {"n": n, "text": quoted(text)} for n, text in enumerate(HOSTILE))


PASSING = HEAD + "".join(
    f"  - {{id: s{n}, duration: 4, prompt: {{verbatim: {quoted(text.replace('@', '@@'))}}}}}\n"
    for n, text in enumerate(HOSTILE)
    if "\x1b" not in text
)
BOARDS = {
    "verbatim": PASSING.replace(
        'duration: 4, prompt: {verbatim: "', 'duration: 3, prompt: {verbatim: "reeds '
    ),
    "prompt": scenes("  - {id: s%(n)s, duration: 3, prompt: %(text)s}\n"),
    "title": AFTER.replace("prices", f"title: {quoted(' '.join(HOSTILE))}\nprices"),
    "id": scenes("  - {id: %(text)s, duration: 3, prompt: reeds}\n"),
    "key": scenes("  - {id: s%(n)s, duration: 3, prompt: reeds, %(text)s: a heron}\n"),
    "start image": scenes("  - {id: s%(n)s, duration: 3, prompt: reeds, start_image: %(text)s}\n"),
    "lines of a file that is broken": "".join(
        f"# {text.splitlines()[0]}\n" for text in HOSTILE if text.isprintable()
    )
    + "storyboard: 1\nx: [",
}


QUICK = ("verbatim",)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in BOARDS]
)
def test_words_of_a_stranger_stay_words(name: str, pull_request: PullRequest) -> None:
    """Whether the storyboard passes or not; now, and as what was before."""
    pull_request.repository.write("storyboard.yaml", BOARDS[name])
    ran = pull_request.run()
    assert ran.returncode in {0, 1}, ran.stderr
    judged(pull_request.comments[0]["body"], ran.stdout + ran.stderr)
    hostile = pull_request.repository.commit()
    pull_request.repository.write("storyboard.yaml", PASSING)
    ran = pull_request.run(COST_BASE=hostile)
    assert ran.returncode == 0, ran.stderr
    judged(pull_request.comments[0]["body"], ran.stdout + ran.stderr)


def judged(body: str, log: str) -> None:
    assert MARK.match(body)
    assert len(MARK.findall(body)) == 1
    rendered = Rendered(body)
    assert rendered.tags <= {
        *(
            "h3",
            "p",
            "strong",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "details",
            "summary",
            "pre",
            "code",
        ),
    }
    assert rendered.links == []
    for stretch in rendered.stretches:
        assert not re.search(r"@\w|#\d|GH-\d", stretch), stretch
    orders = outside_of_stops(log)
    assert all(re.match(r"::(error|warning) file=storyboard\.yaml,", line) for line in orders), orders


def outside_of_stops(log: str) -> list[str]:
    """The lines that GitHub takes for orders."""
    found: list[str] = []
    stop: str | None = None
    for line in re.split(r"\r\n|\r|\n", log):
        if stop is None and (match := re.match(r"::stop-commands::([0-9a-f]{32})$", line)):
            stop = match[1]
        elif stop is not None:
            stop = None if line == f"::{stop}::" else stop
        elif line.startswith("::"):
            found.append(line)
    return found


@pytest.mark.long
def test_a_report_of_many_scenes_fits_a_comment(pull_request: PullRequest) -> None:
    many = "".join(f"  - {{id: s{n}, duration: 3, prompt: '@@x @@y #1 #2 {n}'}}\n" for n in range(1500))
    pull_request.repository.write("storyboard.yaml", HEAD + many)
    ran = pull_request.run()
    assert ran.returncode == 0
    (comment,) = pull_request.comments
    assert 30_000 < len(comment["body"]) < 65_536
    assert "The rest is too long for a comment" in comment["body"]
    judged(comment["body"], ran.stdout + ran.stderr)


def valid(schema: str, path: Path) -> None:
    tool = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    ran = subprocess.run(tool, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stdout


def test_the_action_is_one(tmp_path: Path) -> None:
    """By the schema that editors know, and with the same words as its script."""
    valid("github-actions", ACTION / "action.yml")
    action = YAML(typ="safe").load(ACTION / "action.yml")
    install, cost = action["runs"]["steps"]
    assert "env" not in install, "what installs is given no token"
    script = (ACTION / "cost.sh").read_text(encoding="utf-8")
    names = {name for name in cost["env"] if name.startswith("COST_")}
    assert names == set(re.findall(r"\bCOST_[A-Z_]+\b", script))
    for step in (install, cost):
        assert "${{" not in step["run"], "what comes from a pull request is no part of a command"
        assert (ACTION / step["run"].rpartition("/")[2].strip('"')).exists()
    used = set(re.findall(r"inputs\.([a-z-]+)", (ACTION / "action.yml").read_text(encoding="utf-8")))
    assert used == set(action["inputs"])


def test_the_readmes_recipe_is_a_workflow_with_just_the_permissions_it_needs(tmp_path: Path) -> None:
    (recipe,) = re.findall(r"```yaml\n(on: .*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "cost.yml").write_text(recipe, encoding="utf-8")
    valid("github-workflows", tmp_path / "cost.yml")
    workflow = YAML(typ="safe").load(recipe)
    assert workflow["on"] == "pull_request"
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert "secrets." not in recipe
    checkout, cost = workflow["jobs"]["cost"]["steps"]
    assert checkout["with"]["fetch-depth"] == 0
    action = YAML(typ="safe").load(ACTION / "action.yml")
    assert set(cost["with"]) <= set(action["inputs"])
