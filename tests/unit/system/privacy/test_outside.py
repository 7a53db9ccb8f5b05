"""Files outside of a project are named by roles, or by names that only this machine resolves."""

from __future__ import annotations

from pathlib import Path

import pytest

from firsttry_tasks.system import file_state
from firsttry_tasks.system.privacy import outside
from firsttry_tasks.system.privacy.outside import Outside


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home with a repository in it, whose user is called ada."""
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    monkeypatch.setenv("USER", "ada")
    (tmp_path / "ada/src/repo/app").mkdir(parents=True)
    return tmp_path / "ada"


def _names(home: Path, key: bytes = b"k") -> Outside:
    repo = home / "src/repo"
    return Outside(repo / "app", repo, key, {})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("{home}/src/repo/lib/x.json", "../lib/x.json"),
        ("{home}/.config/tool.toml", "/~/.config/tool.toml"),
        ("{home}/.env", "../../../.env\t/~/.env"),
        ("{home}/..", "../../../.."),
    ],
)
def test_roles(home: Path, path: str, name: str) -> None:
    """A neighbour, a file in the home, one above the project."""
    assert _names(home).name(str(Path(path.format(home=home)).resolve())) == name


@pytest.mark.parametrize("path", ["/srv/clients/acme.csv", "/home/eve", "{home}/x/ada/notes"])
def test_a_path_without_a_role_is_hidden(home: Path, path: str) -> None:
    """Nothing of it is in the name, and another machine's name for it is another one."""
    place = path.format(home=home)
    mine, theirs = _names(home).name(place), _names(home, b"other").name(place)
    assert (mine[:2], len(mine), mine == theirs) == ("/@", 18, False)


def test_a_hidden_path_is_found_again_where_it_was_hidden(home: Path, tmp_path: Path) -> None:
    """By what is kept beside the records; elsewhere it has a digest that no file has."""
    place = tmp_path / "deep/data.csv"
    place.parent.mkdir()
    place.write_text("1")
    here = _names(home)
    name = here.name(str(place))
    again = Outside(home / "src/repo/app", home / "src/repo", b"k", here.hidden({name: ""}))
    there = _names(home)
    seen = (again.content(name), again.shown(name), there.content(name))
    assert seen == (file_state.content(place), str(place), outside.UNKNOWN)
    assert str(tmp_path) not in there.shown(name)


def test_where_python_imports_from(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editable installation lies elsewhere on each machine, and is the same one."""
    for place in ("here", "there"):
        (tmp_path / "mnt" / place).mkdir(parents=True)
        (tmp_path / "mnt" / place / "tool.py").write_text("1")
    monkeypatch.setattr("sys.path", [str(home), str(tmp_path / "mnt/here")])
    name = _names(home).name(str(tmp_path / "mnt/here/tool.py"))
    monkeypatch.setattr("sys.path", [str(tmp_path / "mnt/there")])
    there = _names(home).path(name)
    monkeypatch.setattr("sys.path", [])
    expected = ("/+0/tool.py", tmp_path / "mnt/there/tool.py", None)
    assert (name, there, _names(home).path(name)) == expected


def test_a_file_of_the_project_keeps_its_name(home: Path) -> None:
    """Folders of other languages begin with these signs, too."""
    for name in ("@types/index.d.ts", "~/notes", "+0/x"):
        place = home / "src/repo/app" / name
        place.parent.mkdir()
        place.write_text("1")
        assert _names(home).content(name) == file_state.content(place)


def test_two_roles_must_agree(home: Path) -> None:
    """Where they lead to different files nobody knows which one a test would look at."""
    name = _names(home).name(str(home / ".env"))
    elsewhere = Outside(home / "repo", home / "repo", b"o", {})
    assert elsewhere.content(name) == ""
    (home / ".env").write_text("1")
    assert (_names(home).content(name) == "", elsewhere.content(name)) == (False, "?")


def test_a_folder_is_known_by_the_names_in_it(tmp_path: Path) -> None:
    """But for those of what tools keep there."""
    outside = Outside(tmp_path, tmp_path, b"", {})
    assert not outside.content("parts/")
    (tmp_path / "parts").mkdir()
    empty = outside.content("parts/")
    (tmp_path / "parts" / "__pycache__").mkdir()
    assert outside.content("parts/") == empty != ""
    (tmp_path / "parts" / "a.txt").write_text("1")
    full = outside.content("parts/")
    (tmp_path / "parts" / "a.txt").write_text("2")
    assert outside.content("parts/") == full != empty
