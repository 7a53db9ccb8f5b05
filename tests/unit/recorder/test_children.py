"""What is known of a child process by how it was started."""

from __future__ import annotations

import pytest

from firsttry_tasks.recorder.probes.subprocesses import lists_libraries


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["/sbin/ldconfig", "-p"], True),
        (["/sbin/ldconfig", "lib"], False),
        (["/sbin/other", "-p"], False),
        ("/sbin/ldconfig -p", False),
    ],
)
def test_the_system_s_list_of_libraries_is_nothing_of_a_project(args: object, told: bool) -> None:  # noqa: FBT001
    """Python itself asks for it (`ctypes.util`), and nothing can follow who answers."""
    assert lists_libraries(args) == told
