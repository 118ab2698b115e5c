#!/usr/bin/env bash
# Installs this very version of storyboard, with the versions of all it needs that it was tested with, by their hashes.
# -I: nothing that lies in the folder of the pull request is imported.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
home=$RUNNER_TEMP/storyboard-cost
python=$(command -v python3 || command -v python)
"$python" -I -m venv "$home"
programs=$home/bin
[ -d "$programs" ] || programs=$home/Scripts # Windows
"$programs/python" -I -m pip install --quiet --disable-pip-version-check --require-hashes -r "$root/constraints.txt"
"$programs/python" -I -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation "$root"
printf '%s\n' "$programs" >> "$GITHUB_PATH"
