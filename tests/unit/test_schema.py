"""The published schemas say what the types say."""

from __future__ import annotations

import pytest

from firsttry_tasks import schema
from firsttry_tasks.reporting.programs.answer import schema_file
from tests.unit.test_mistakes import COMMANDS


@pytest.mark.parametrize("kind", sorted(schema.KINDS))
def test_published_schemas_are_current(kind: str) -> None:
    """A type that changed without its schema is a mistake (python -m firsttry_tasks.schema)."""
    assert schema.file(kind).read_bytes() == schema.render(kind)


@pytest.mark.parametrize("command", sorted(schema.ANSWERS))
def test_published_answers_are_current(command: str) -> None:
    """So is an answer."""
    assert schema_file(command).read_bytes() == schema.render_answer(command)


def test_every_command_has_a_schema() -> None:
    """A new command is named in ``schema.ANSWERS``, with the types that it answers with."""
    assert set(COMMANDS) - set(schema.ANSWERS) == set()


def test_every_schema_has_a_command() -> None:
    """And nothing lies about for commands that are gone; help and list are doit's."""
    published = {it.name.partition(".")[0] for it in schema_file("warm").parent.iterdir()}
    assert published == set(schema.ANSWERS) == {*COMMANDS, "help", "list"}
