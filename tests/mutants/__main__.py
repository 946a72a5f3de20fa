"""Break each guarantee on purpose, in a copy, and see its tests fail: `python -m tests.mutants [words]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS
from tests.mutants.tree import Tree

CAUGHT = "caught"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant."""

    mutant: Mutant
    word: str
    seconds: float


def main() -> int:
    """Try all mutants, or those whose name or promise holds the words; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("words", nargs="*", help="only mutants whose name, promise or file has them all")
    words = [word.lower() for word in parser.parse_args().words]
    chosen = [mutant for mutant in MUTANTS if all(word in _about(mutant) for word in words)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Tree(Path(folder))
        tests = tuple(dict.fromkeys(test for mutant in chosen for test in mutant.tests))
        _show(f"{len(tests)} tests and files without any mutant")
        useless = tree.leave_out_what_fails_anyway(tests)
        verdicts = [_try_out(tree, mutant, place, len(chosen)) for place, mutant in enumerate(chosen, 1)]
    _show("")
    _print_table(verdicts)
    for test in useless:
        print(f"Fails without any mutant, and was left out: {test}")
    return 0 if not useless and all(verdict.word == CAUGHT for verdict in verdicts) else 1


def _about(mutant: Mutant) -> str:
    return f"{mutant.name} {mutant.breaks} {mutant.file}".lower()


def _try_out(tree: Tree, mutant: Mutant, place: int, count: int) -> Verdict:
    _show(f"{place} of {count}: {mutant.name}")
    began_at = time.monotonic()
    try:
        word = CAUGHT if tree.try_out(mutant) else "SURVIVED"
    except ValueError as error:
        word = f"DOES NOT APPLY: {error}"
    except RuntimeError as error:
        word = f"NO VERDICT: {error}"
    _show(f"{place} of {count}: {mutant.name}: {word}")
    return Verdict(mutant, word, time.monotonic() - began_at)


def _show(progress: str) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[K{progress[:100]}", end="", flush=True)
    elif progress:
        print(progress, flush=True)


def _print_table(verdicts: list[Verdict]) -> None:
    width = max((len(verdict.mutant.name) for verdict in verdicts), default=0)
    for verdict in verdicts:
        mutant = verdict.mutant
        print(f"{mutant.name:{width}}  {verdict.seconds:5.1f} s  {verdict.word:8}  {mutant.breaks}")
    caught = sum(verdict.word == CAUGHT for verdict in verdicts)
    print(f"\n{caught} of {len(verdicts)} caught.")


if __name__ == "__main__":
    sys.exit(main())
