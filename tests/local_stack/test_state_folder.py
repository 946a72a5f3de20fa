"""The state folder: ours, one stack's at a time, empty at every start."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_stack.start_failed import StartFailed
from local_stack.state_folder import StateFolder


def test_a_folder_is_made_where_there_is_none(tmp_path: Path) -> None:
    """The default works in a fresh checkout."""
    folder = StateFolder(tmp_path / "a" / "b")

    folder.empty()

    assert folder.logs.is_dir()
    folder.release()


def test_a_folder_that_we_made_is_emptied(tmp_path: Path) -> None:
    """moto forgets everything at every start, so everything else begins anew too."""
    first = StateFolder(tmp_path / "state")
    first.empty()
    (first.logs / "old.log").write_text("old")
    first.stack_file.write_text("{}")
    (first.path / "link").symlink_to(tmp_path)
    first.release()

    second = StateFolder(tmp_path / "state")
    second.empty()

    assert list(second.logs.iterdir()) == []
    assert not second.stack_file.exists()
    assert tmp_path.exists()
    second.release()


def test_an_empty_folder_that_somebody_made_is_taken(tmp_path: Path) -> None:
    """`mktemp -d` and the like."""
    StateFolder(tmp_path).release()


def test_a_folder_with_anything_else_in_it_is_refused(tmp_path: Path) -> None:
    """A wrong `--state-dir` must not cost anybody's files."""
    (tmp_path / "thesis").write_text("years of work")

    with pytest.raises(StartFailed, match="is not empty and was not made by the local stack"):
        StateFolder(tmp_path)

    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis"]


def test_a_folder_in_use_is_refused_until_it_is_released(tmp_path: Path) -> None:
    """Two stacks in one folder would empty each other."""
    first = StateFolder(tmp_path)

    with pytest.raises(StartFailed, match="Another local stack is running"):
        StateFolder(tmp_path)

    first.release()
    StateFolder(tmp_path).release()


def test_a_file_in_the_folders_place_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """No traceback for a typing error."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StartFailed, match="cannot be used"):
        StateFolder(tmp_path / "file")
