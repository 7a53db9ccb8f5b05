"""The issue forms: valid by GitHub's own schema, and they ask for what is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.ci.shop import HERE

FOLDER = HERE / ".github" / "ISSUE_TEMPLATE"
CONFIG = "config.yml"
FORMS = sorted(path.name for path in FOLDER.glob("*.yml") if path.name != CONFIG)


def _check(schema: str, name: str) -> str:
    """Return what the checker says; the schemas are its own copies, so no network is needed."""
    program = str(Path(sys.executable).with_name("check-jsonschema"))
    argv = [program, "--builtin-schema", schema, str(FOLDER / name)]
    done = subprocess.run(argv, capture_output=True, encoding="utf-8", check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _required(name: str) -> set[str]:
    form: dict[str, Any] = YAML(typ="safe").load(FOLDER / name)
    return {
        it["id"] for it in form["body"] if it.get("validations", {}).get("required") and it["id"]
    }


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str) -> None:
    """GitHub accepts the form, and so shows it."""
    assert not _check("vendor.github-issue-forms", name)


def test_config() -> None:
    """GitHub accepts what stands around the forms."""
    assert not _check("vendor.github-issue-config", CONFIG)


def test_a_form_that_is_not_valid_is_found(tmp_path: Path) -> None:
    """The checker does look: a form without a body is refused."""
    (tmp_path / "form.yml").write_text("name: A\ndescription: B\n")
    assert _check("vendor.github-issue-forms", str(tmp_path / "form.yml"))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("1-escape.yml", {"divergence", "change", "versions", "pytest", "where"}),
        ("2-bug.yml", {"happened", "expected", "versions"}),
        ("3-idea.yml", {"problem", "idea"}),
    ],
)
def test_what_is_asked_for(name: str, wanted: set[str]) -> None:
    """A report can't be sent without these."""
    assert _required(name) == wanted


def test_an_escape_asks_for_its_evidence() -> None:
    """The file that explains an escape is asked for by the name it has."""
    assert "artifacts/divergence.json" in (FOLDER / "1-escape.yml").read_text(encoding="utf-8")
