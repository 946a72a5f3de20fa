"""The reader of the Dockerfile: what it does not know, it does not skip."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cdk_app.image.dockerfile import lay_out, read


def test_an_instruction_that_is_not_known_is_refused() -> None:
    """It would be in the image, and not in what was tried."""
    with pytest.raises(ValueError, match="VOLUME"):
        read("FROM scratch\nVOLUME /data\n")


def test_arguments_and_continued_lines_are_put_together() -> None:
    """The flags of the installation are read from such lines."""
    (stage,) = read(
        'ARG V=3.13\nFROM python:${V}\n# note\nRUN pip \\\n  --python ${V}\nENTRYPOINT ["a", "b"]\n'
    )

    assert stage.runs == ["pip --python 3.13"]
    assert stage.entry_point == ("a", "b")


def test_what_is_copied_and_removed_again_is_not_in_the_image(tmp_path: Path) -> None:
    """Only what lies under the folder that the last stage takes over counts."""
    (context := tmp_path / "context").mkdir()
    (context / "code").mkdir()
    (context / "code" / "kept.py").touch()
    (context / "code" / "lock.txt").touch()
    (stage,) = read(
        "FROM a\nWORKDIR /build\nCOPY code app/code\nCOPY code ./\nRUN rm app/code/lock.txt && true\n"
    )

    lay_out(stage, context, tmp_path / "app")

    assert [str(path.relative_to(tmp_path / "app")) for path in (tmp_path / "app").rglob("*.*")] == [
        "code/kept.py"
    ]
