"""`gh` as it is on GitHub's machines, as far as `gh api` on the comments of a pull request goes. Run as a program.

What there is lies in a file of the folder PLAYED_GITHUB, and so does what was asked. A page holds two comments; pages
are printed one after the other, as `--paginate` does.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

PAGE = 2
LONGEST = 65_536
COMMENTS = re.compile(r"repos/[^/]+/[^/]+/issues/(\d+)/comments(?:\?per_page=100)?")
COMMENT = re.compile(r"repos/[^/]+/[^/]+/issues/comments/(\d+)")


def field(arguments: list[str], name: str) -> str:
    """`-F name=@FILE`."""
    value = arguments[arguments.index("-F") + 1].partition(f"{name}=@")[2]
    return Path(value).read_text(encoding="utf-8")


def main(arguments: list[str]) -> int:
    folder = Path(os.environ["PLAYED_GITHUB"])
    with (folder / "asked.jsonl").open("a", encoding="utf-8") as asked:
        asked.write(json.dumps(arguments) + "\n")
    if arguments[0] != "api" or os.environ.get("GH_TOKEN") != "a-token":
        return 4
    comments = json.loads((folder / "comments.json").read_text(encoding="utf-8"))
    method = arguments[arguments.index("--method") + 1] if "--method" in arguments else "GET"
    (name,) = [word for word in arguments if word.startswith("repos/")]
    if method == "GET" and COMMENTS.fullmatch(name) and "--paginate" in arguments:
        for at in range(0, len(comments) + 1, PAGE):
            sys.stdout.write(json.dumps(comments[at : at + PAGE]))
        return 0
    if (folder / "read-only").exists():
        sys.stderr.write("gh: Resource not accessible by integration (HTTP 403)\n")
        return 1
    body = field(arguments, "body")
    if len(body) > LONGEST:
        sys.stderr.write("gh: Body is too long (HTTP 422)\n")
        return 1
    if method == "POST" and COMMENTS.fullmatch(name):
        number = 1 + max((comment["id"] for comment in comments), default=1000)
        comments.append({"id": number, "user": {"login": "github-actions[bot]"}, "body": body})
    elif method == "PATCH" and (match := COMMENT.fullmatch(name)):
        (found,) = [comment for comment in comments if comment["id"] == int(match[1])]
        found["body"] = body
    else:
        return 1
    (folder / "comments.json").write_text(json.dumps(comments), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
