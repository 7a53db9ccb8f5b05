"""Reads the environments of tox: tox.ini, setup.cfg, tox.toml, and pyproject.toml."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.environments.environment import Environment, made
from firsttry_tasks.config.environments.needs import Needs, joined, of_pip
from firsttry_tasks.config.reading import tox_names
from firsttry_tasks.config.team import shell_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firsttry_tasks.config.environments.needs import Words

#: What stands for the value of another key, and for the folder of tox's own file.
OTHER = re.compile(r"\{\[(?P<section>[^]]+)\](?P<key>\w+)\}")
FOLDER = re.compile(r"\{(?:toxinidir|tox_root)\}")
#: How deep values stand for others; more is a circle.
DEEP = 5


def of_ini(text: str, place: str) -> Iterator[Environment]:
    """Yield the environments of an ini file, the listed ones first."""
    parser = parity_lock.ini(place, text)
    sections = {name: dict(parser[name]) for name in parser.sections()}
    named = {
        name: section
        for section in sections
        if section.startswith("testenv:")
        for name in tox_names.expanded(section.removeprefix("testenv:"))
    }
    core = sections.get("tox") or sections.get("tox:tox") or {}
    listed = tox_names.expanded(core.get("env_list") or core.get("envlist") or "")
    if "testenv" not in sections and not named:
        return
    for name in dict.fromkeys((*(listed or ("py",)), *named)):
        yield _of_sections(name, sections, named.get(name, ""), place)


def _of_sections(
    name: str, sections: Mapping[str, Mapping[str, Any]], own: str, place: str
) -> Environment:
    chain = tuple(filter(None, (own, "testenv")))

    def lines(*keys: str) -> list[str]:
        found = (sections.get(it, {}).get(key) for it in chain for key in keys)
        text = next((it for it in found if it is not None), "")
        return list(_lines(str(text or ""), sections, set(name.split("-")), 0))

    deps = joined(of_pip(_option(it)) for it in lines("deps"))
    skips = any(it.lower() == "true" for it in lines("skip_install"))
    needs = Needs(
        project=not skips or deps.project,
        extras=tuple(it for line in lines("extras") for it in re.split(r"[\s,]+", line) if it),
        groups=tuple(it for x in lines("dependency_groups") for it in re.split(r"[\s,]+", x) if it),
    )
    runs = (*lines("commands_pre"), *lines("commands"))
    words = shell_text.shell("\n".join(it.lstrip("- ") for it in runs))
    return made(name, place, joined((needs, deps)), words)


def _option(line: str) -> Words:
    """Return a line of requirements as pip's words: `-r file`, `-e path`, or a requirement."""
    head, _, rest = line.partition(" ")
    return (head, rest.strip()) if head in {"-r", "-c", "-e"} else (line,)


def _lines(
    text: str, sections: Mapping[str, Mapping[str, Any]], factors: set[str], deep: int
) -> Iterator[str]:
    """Yield the lines of a value that count for an environment, with what they stand for."""
    for raw in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", raw).strip()
        condition = tox_names.CONDITION.fullmatch(line)
        if condition:
            line = (condition["rest"] or "").strip()
            if not tox_names.holds(condition["factors"], factors):
                continue
        other = OTHER.search(line)
        if other and deep < DEEP:
            value = str(sections.get(other["section"], {}).get(other["key"]) or "")
            text = f"{line[: other.start()]}{value.strip()}{line[other.end() :]}"
            yield from _lines(text, sections, factors, deep + 1)
        elif line:
            yield FOLDER.sub(".", line)


def of_toml(table: Mapping[str, Any], place: str) -> Iterator[Environment]:
    """Yield the environments of tox.toml, or of [tool.tox]."""
    if isinstance(table.get("legacy_tox_ini"), str):
        yield from of_ini(table["legacy_tox_ini"], place)
        return
    named = table.get("env") if isinstance(table.get("env"), dict) else {}
    listed = [it for found in table.get("env_list", ()) for it in _of_list(found)]
    if not named and "env_run_base" not in table:
        return
    for name in dict.fromkeys((*(listed or ("py",)), *(named or {}))):
        yield _of_table(name, table, place)


def _of_list(found: object) -> Iterator[str]:
    """Yield the names of one entry of a list: a name, or a product of parts of names."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict) and isinstance(found.get("product"), list):
        for parts in itertools.product(*map(_factors, found["product"])):
            yield "-".join(it for it in parts if it).replace("--", "-")


def _factors(part: Any) -> list[str]:
    if isinstance(part, dict):
        start = int(part.get("start", 0))
        last = int(part.get("stop", start))
        return [f"{part.get('prefix', '')}{it}" for it in range(start, last + 1)]
    return [str(it) for it in part] if isinstance(part, list) else [str(part)]


def _of_table(name: str, table: Mapping[str, Any], place: str) -> Environment:
    own = table.get("env", {}).get(name, {})
    chain = [own, *(table.get(it, {}) for it in own.get("base", ["env_run_base"]))]

    def value(key: str) -> object:
        return next((it[key] for it in chain if isinstance(it, dict) and key in it), None)

    texts = {
        key: tuple(map(str, _flat(value(key), table, 0)))
        for key in ("deps", "extras", "dependency_groups")
    }
    deps = joined(of_pip(_option(FOLDER.sub(".", it))) for it in texts["deps"])
    needs = Needs(
        project=value("skip_install") is not True or deps.project,
        extras=texts["extras"],
        groups=texts["dependency_groups"],
    )
    listed = [it for key in ("commands_pre", "commands") for it in _flat(value(key), table, 0)]
    runs = (tuple(map(str, _flat(it, table, 0))) for it in listed if isinstance(it, list))
    return made(name, place, joined((needs, deps)), runs)


def _flat(value: object, table: Mapping[str, Any], deep: int) -> Iterator[Any]:
    """Yield what stands in a list, with what stands for something else replaced by it."""
    if isinstance(value, str):
        yield from value.splitlines()
        return
    for it in value if isinstance(value, list) else ():
        if not isinstance(it, dict):
            yield it
        elif isinstance(it.get("of"), list) and deep < DEEP:
            other: Any = table
            for key in it["of"]:
                other = other.get(key) if isinstance(other, dict) else None
            yield from _flat(other, table, deep + 1)
        else:
            yield from _flat(it.get("then", it.get("default")), table, deep + 1)
