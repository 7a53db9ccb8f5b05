"""Reads the environments of hatch: hatch.toml, and [tool.hatch.envs] of pyproject.toml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from firsttry_tasks.config.environments.environment import Environment, made
from firsttry_tasks.config.environments.needs import Needs, joined, of_pip
from firsttry_tasks.config.team import shell_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from firsttry_tasks.config.environments.needs import Words

#: The environment in which `hatch test` runs, and what it brings where nothing else is said: as
#: hatch documents it, but for what changes the order of tests.
TESTS = "hatch-test"
BROUGHT = ("coverage[toml]", "pytest", "pytest-mock", "pytest-rerunfailures", "pytest-xdist")
#: How hatch names its project's folder.
FOLDER = re.compile(r"\{root(?::uri)?\}")


def of_tables(envs: Mapping[str, Any], asked: Iterable[Words], place: str) -> Iterator[Environment]:
    """Yield the environments; ``asked`` are the team's commands, which may run more in them."""
    known: dict[str, Mapping[str, Any]] = {"default": {}, TESTS: {}}
    known |= {name: it for name, it in envs.items() if isinstance(it, dict)}
    more: dict[str, list[Words]] = {}
    for words in asked:
        name, command = _asked(words)
        more.setdefault(name, []).append(command)
    for name, table in known.items():
        if name in envs or name in more:
            chain = _chain(table, known)
            usual = (("pytest",),) if name == TESTS else ()
            scripts = (*_scripts(chain), *more.get(name, ()), *usual)
            yield made(name, place, _needs(name, chain), scripts)


def _asked(words: Words) -> tuple[str, Words]:
    """Return the environment that one command is run in, and that command."""
    at = next((n for n, it in enumerate(words) if it.rpartition("/")[2] == "hatch"), -1)
    rest = words[at + 1 :] if at >= 0 else ()
    named = "default"
    while rest and rest[0].startswith("-"):
        named = rest[1] if rest[0] in {"-e", "--env"} and len(rest) > 1 else named
        rest = rest[2:] if rest[0] in {"-e", "--env"} else rest[1:]
    if rest[:1] == ("test",):
        return TESTS, ("pytest", *(it for it in rest[1:] if not it.startswith("-")))
    rest = tuple(it for it in rest[1:] if it[:1] != "+") if rest[:1] == ("run",) else ()
    env, is_named, head = rest[0].rpartition(":") if rest else ("", "", "")
    return (env or named, (head, *rest[1:])) if is_named else (named, rest)


def _chain(table: Mapping[str, Any], known: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return an environment's table, and those that it takes from where it says nothing itself."""
    found = [table]
    while len(found) <= len(known):
        # An environment that is apart takes nothing from the default one.
        usual = "" if found[-1].get("detached") else "default"
        after = known.get(found[-1].get("template", usual))
        if after is None or any(after is it for it in found):
            break
        found.append(after)
    return found


def _needs(name: str, chain: list[Mapping[str, Any]]) -> Needs:
    def value(key: str, default: Words = ()) -> Words:
        held = next((it[key] for it in chain if key in it), default)
        return tuple(str(it) for it in held) if isinstance(held, (list, tuple)) else ()

    usual = BROUGHT if name == TESTS else ()
    texts = (*value("dependencies", usual), *value("extra-dependencies"))
    apart = any(next((it[key] for it in chain if key in it), False) for key in _APART)
    own = Needs(project=not apart, extras=value("features"), groups=value("dependency-groups"))
    return joined((own, *(of_pip((FOLDER.sub(".", it),)) for it in texts)))


_APART = ("skip-install", "detached")


def _scripts(chain: list[Mapping[str, Any]]) -> Iterator[Words]:
    """Yield the commands of an environment's scripts, and those that run before and after."""
    scripts: dict[str, Any] = {}
    for table in reversed(chain):
        held = table.get("scripts")
        scripts |= held if isinstance(held, dict) else {}
    hooks = [it.get(f"{when}-install-commands") for it in chain for when in ("pre", "post")]
    for value in (*scripts.values(), *hooks):
        for text in value if isinstance(value, list) else [value]:
            yield from shell_text.shell(str(text or "").removeprefix("- "))
