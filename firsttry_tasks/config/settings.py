"""What `[tool.firsttry]`, the environment and the command line ask for, and who asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Origin = Literal["default", "pyproject.toml", "environment"]


class GateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One gate: on or off, and what is added to its command line."""

    enabled: bool = True
    args: tuple[str, ...] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[tool.firsttry]`, every key optional.

    ``paths`` and ``tests`` are relative to the project; an empty tuple means "find out".
    ``inert`` and ``depends`` speak to selection: globs of files that no test reads, and globs of
    files whose change selects the named tests (node ids, or globs of their files). ``store`` is
    where golden caches live, a folder or a URL; of what is there, ``keep`` boxes stay, none older
    than ``max_age`` days. ``store_seconds`` is what a warm run spends on asking it. With
    ``signers``, a file as git's allowed_signers, only boxes that one of them signed are taken;
    ``signing_key`` is what publishing signs with. Where pytest-xdist is installed, warm runs tests
    that took less than ``parallel_seconds`` together in one process.
    """

    paths: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    smoke: str = "smoke"
    main: str = "main"
    inert: tuple[str, ...] = ()
    depends: dict[str, tuple[str, ...]] = {}
    store: str = state_paths.STORE
    store_seconds: float = 1.0
    keep: int = 30
    max_age: int = 30
    signers: str = ""
    signing_key: str = ""
    parallel_seconds: float = 5.0
    ruff: GateSettings = GateSettings()
    mypy: GateSettings = GateSettings()
    pytest: GateSettings = GateSettings()


class LoadedSettings(Struct, frozen=True, kw_only=True):
    """The settings in force, and for each key who set it."""

    settings: Settings
    origin: dict[str, Origin]


#: Environment variables and the key each of them overrides.
ENVIRONMENT = {
    "FIRSTTRY_MAIN": "main",
    "FIRSTTRY_SMOKE": "smoke",
    "FIRSTTRY_STORE": "store",
    "FIRSTTRY_STORE_SECONDS": "store_seconds",
    "FIRSTTRY_SIGNING_KEY": "signing_key",
}


def read(root: Path, environ: Mapping[str, str] | None = None) -> LoadedSettings:
    """Fold defaults, pyproject.toml and environment into the settings in force.

    Raises UsageError with file and key where something is unknown or of a wrong type.
    """
    table = _table(root / "pyproject.toml")
    origin: dict[str, Origin] = dict.fromkeys(Settings.__struct_fields__, "default")
    origin |= dict.fromkeys(table, "pyproject.toml")
    given = _given(os.environ if environ is None else environ)
    origin |= dict.fromkeys(given, "environment")
    settings = _convert(table, "pyproject.toml, [tool.firsttry]", strict=True)
    if given:
        over = _convert(given, "the environment (FIRSTTRY_...)", strict=False)
        chosen = {key: getattr(over, key) for key in given}
        settings = msgspec.structs.replace(settings, **chosen)
    return LoadedSettings(settings=settings, origin=origin)


def _table(file: Path) -> dict[str, object]:
    import tomllib

    try:
        text = file.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file.name} can't be read: {error}.") from error
    for name in ("tool", "tool.firsttry"):
        table = table.get(name.rpartition(".")[2], {})
        if not isinstance(table, dict):
            raise UsageError(f"{file.name}: [{name}] is a table, not {table!r}.")
    return table


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    return {key: environ[name] for name, key in ENVIRONMENT.items() if name in environ}


def _convert(table: Mapping[str, object], where: str, *, strict: bool) -> Settings:
    try:
        return msgspec.convert(table, Settings, strict=strict)
    except msgspec.ValidationError as error:
        known = ", ".join(Settings.__struct_fields__)
        raise UsageError(f"{where}: {error}. Known keys: {known}.") from error
