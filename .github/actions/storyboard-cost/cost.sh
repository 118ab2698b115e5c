#!/usr/bin/env bash
# Checks a storyboard, prices it against a revision, and tells a pull request in one comment, its own, which it finds by
# a mark in it. Exits as `storyboard estimate` does: 0, 1 when the storyboard has errors, 3 when a budget refuses it.
#
# By environment: COST_PATH, COST_BASE, COST_MAX, COST_PRICES, COST_APPROVE, COST_PULL_REQUEST, GH_TOKEN, and GitHub's own variables.
# Whatever comes from the pull request stays in files and variables: no line of it is ever a command, here or for GitHub.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=$(command -v python3 || command -v python)
token=${GH_TOKEN:-}
unset GH_TOKEN GITHUB_TOKEN # nobody but gh is given it
base=${COST_BASE:?nothing to compare with: this is for pull requests, or give it a base}
path=${COST_PATH:-.}
summary=${GITHUB_STEP_SUMMARY:-/dev/null}

# Prints a file of anybody's words so that GitHub takes none of its lines for an order.
show() {
  local stop
  stop=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$stop"
  cat "$1"
  printf '\n::%s::\n' "$stop"
}

github() { GH_TOKEN=$token gh api "$@"; }

# Our comment is made, or brought up to date. Fails where that is not allowed: a fork's token may only read.
tell() {
  local comments=repos/$GITHUB_REPOSITORY/issues/$COST_PULL_REQUEST/comments mine
  github --paginate "$comments?per_page=100" > "$work/comments.json" || return 1
  mine=$("$python" -I "$here/comment.py" find "$path" < "$work/comments.json") || return 1
  if [ -n "$mine" ]; then
    github --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$mine" -F "body=@$work/comment.md"
  else
    github --silent --method POST "$comments" -F "body=@$work/comment.md"
  fi
}

# A shallow checkout does not hold the base of a pull request: it is fetched, alone.
if [[ $base =~ ^[0-9a-f]{40,64}$ ]] && ! git cat-file -e "$base^{commit}" 2> /dev/null; then
  git fetch --quiet --no-tags --depth=1 origin "$base" || true # what is still lacking, storyboard says
fi

code=0
storyboard check --format github -- "$path" 2> "$work/said.txt" || code=$?
case $code in
  0 | 1) ;;
  *)
    show "$work/said.txt"
    exit "$code"
    ;;
esac

options=(--format markdown "--against=$base")
[ -z "${COST_MAX:-}" ] || options+=("--max-cost=$COST_MAX")
[ -z "${COST_PRICES:-}" ] || options+=("--prices=$COST_PRICES")
while read -r endpoint; do
  [ -z "$endpoint" ] || options+=("--approve=$endpoint")
done <<< "$(tr ', ' '\n\n' <<< "${COST_APPROVE:-}")"
code=0
storyboard estimate "${options[@]}" -- "$path" > "$work/report.md" 2> "$work/said.txt" || code=$?
show "$work/said.txt"
case $code in
  0 | 1 | 3) ;;
  *) exit "$code" ;; # a mistake of the workflow, or of this machine: nothing to tell the pull request
esac

"$python" -I "$here/comment.py" write "$path" "$code" "$work/report.md" "$work/said.txt" > "$work/comment.md"
cat "$work/comment.md" >> "$summary"
if [ -n "${COST_PULL_REQUEST:-}" ] && ! tell; then
  echo "::notice title=storyboard cost::The pull request could not be commented: a fork's token may only read, or the job \
lacks pull-requests: write. The report is in the job's summary."
fi
exit "$code"
