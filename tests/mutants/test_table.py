"""The table of mutants follows the code: each of them still applies, and its tests are still there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS, PARTS

ROOT = Path(__file__).parent.parent.parent
INVARIANTS = {f"I{number}" for number in range(1, 8)}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_applies(mutant: Mutant) -> None:
    """What it replaces stands in its file exactly once; else the table says nothing of the code."""
    source = (ROOT / mutant.file).read_text()

    broken = mutant.apply(source)

    assert broken != source
    if mutant.file.endswith(".py"):
        compile(broken, mutant.file, "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_tests_of_a_mutant_are_there(mutant: Mutant) -> None:
    """A test that was renamed would be one that cannot fail."""
    assert mutant.tests
    for test in mutant.tests:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text() if name else (ROOT / file).is_file()


def test_every_invariant_is_broken_by_one() -> None:
    """I1 to I7, each at least once."""
    named = {word for mutant in MUTANTS for word in re.findall(r"I\d", mutant.breaks)}

    assert named == INVARIANTS


def test_the_page_on_reliability_counts_them() -> None:
    """Who reads of guarantees there reads how many are broken on purpose, part by part."""
    page = (ROOT / "docs" / "reliability.md").read_text()
    rows = page.partition("| what is broken |")[2].partition("\n\n")[0]

    counted = [int(count) for count in re.findall(r"\| (\d+) \|$", rows, re.MULTILINE)]

    assert counted == [len(part) for part in PARTS]


def test_no_two_have_one_name() -> None:
    """A table names each of its rows."""
    names = [mutant.name for mutant in MUTANTS]

    assert len(names) == len(set(names))
