#!/bin/sh
# FirstTry: what a commit can break, on what is staged. To commit without it: git commit
# --no-verify
git rev-parse --quiet --verify HEAD >/dev/null || exit 0
[ -x .venv/bin/ft ] && exec .venv/bin/ft warm --staged
command -v {program} >/dev/null || {
    echo "pre-commit: {program} is not on PATH here, so nothing was checked." >&2
    echo "Activate the tests' environment, or commit without: git commit --no-verify" >&2
    exit 1
}
exec {run}ft warm --staged
