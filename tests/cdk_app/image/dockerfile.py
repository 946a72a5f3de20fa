"""The task's image without Docker: what its Dockerfile says, done by hand to a folder.

Knows only the few instructions that the Dockerfile uses, and refuses any other: a line that is not understood
here would not have been tried.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

BUILD_FOLDER = PurePosixPath("/build")


@dataclass(slots=True)
class Stage:
    """What one FROM began."""

    copies: list[tuple[str, str]] = field(default_factory=list)  # from the repository, to the image
    runs: list[str] = field(default_factory=list)
    taken_over: list[tuple[str, str, str]] = field(default_factory=list)  # stage, from, to
    environment: dict[str, str] = field(default_factory=dict)
    working_folder: str = "/"
    user: str = "root"
    entry_point: tuple[str, ...] = ()


def read(text: str) -> list[Stage]:
    """Give the stages of a Dockerfile, with its ARGs put in.

    Raises:
        ValueError: an instruction that is not known here.
    """
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for keyword, rest in _instructions(text):
        line = rest
        for name, value in arguments.items():
            line = line.replace(f"${{{name}}}", value)
        if keyword == "ARG":
            name, _, value = line.partition("=")
            arguments.setdefault(name, value)
        elif keyword == "FROM":
            stages.append(Stage())
        else:
            _apply(stages[-1], keyword, line)
    return stages


def _apply(stage: Stage, keyword: str, line: str) -> None:
    match keyword:
        case "WORKDIR":
            stage.working_folder = line
        case "COPY" if line.startswith("--from="):
            source_stage, source, target = line.removeprefix("--from=").split()
            stage.taken_over.append((source_stage, source, target))
        case "COPY":
            source, target = line.split()
            stage.copies.append((source, str(PurePosixPath(stage.working_folder, target))))
        case "RUN":
            stage.runs.append(line)
        case "ENV":
            stage.environment |= dict(pair.split("=", 1) for pair in shlex.split(line))
        case "USER":
            stage.user = line
        case "ENTRYPOINT":
            stage.entry_point = tuple(shlex.split(line.strip("[]").replace(",", " ")))
        case "EXPOSE":
            pass
        case _:
            raise ValueError(f"the Dockerfile's {keyword} is not understood here")


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for instruction in "\n".join(lines).replace("\\\n", " ").splitlines():
        keyword, _, rest = instruction.partition(" ")
        yield keyword, " ".join(rest.split())


def lay_out(build: Stage, context: Path, target: Path) -> None:
    """Copy what the build stage copies, and remove what its RUNs remove, as far as it ends in the image.

    `context` is the build context as the deployment packs it; the folder `target` stands for the image's.
    """
    image = PurePosixPath(BUILD_FOLDER, "app")
    for source, place in build.copies:
        if PurePosixPath(place).is_relative_to(image):
            shutil.copytree(context / source, target / PurePosixPath(place).relative_to(image))
    for run in build.runs:
        for step in run.split(" && "):
            words = shlex.split(step)
            if words[:1] == ["rm"] and "-rf" not in words:
                for place in words[1:]:
                    (target / PurePosixPath(place).relative_to("app")).unlink()
