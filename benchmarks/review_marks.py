"""What the marks for review are worth: the words that the page would mark, against what was said.

`python -m benchmarks.review_marks FOLDER` has the local recogniser write every `NAME.wav` of the folder that
has a `NAME.txt` beside it, as it is and with noise, asks `frontend/js/review.js` for the kind of each word,
and lays the text beside the reference. For thresholds from low to high it prints how many of the marked words
are wrong (precision), how many of the wrong words of critical kinds are marked (recall), and in the place of
how many critical words that were said and are not in the text a mark stands.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.spoken_words import differences, spoken_words
from local_stack.recognisers.interface import Result, Word
from local_stack.recognisers.offline import OfflineFactory

REVIEW: Final = Path(__file__).parent.parent / "frontend" / "js" / "review.js"
KINDS_OF: Final = """
const { kindsOf } = await import(process.argv[1]);
let text = "";
for await (const piece of process.stdin) text += piece;
console.log(JSON.stringify(JSON.parse(text).map((items) => kindsOf(items))));
"""
CHUNK_S: Final = 0.1
ROOM_S: Final = 0.6  # of silence at both ends: the recogniser ends an utterance by a pause
THRESHOLDS: Final = (
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
    0.95,
    0.98,
    1.01,
)  # the last marks every critical word

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Heard:
    """One word as it was written: its kind (None: like any other), how sure, and whether it was said."""

    kind: str | None
    confidence: float
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Missed:
    """A critical word that was said and is not in the text.

    `doubt`: the least confidence of the critical words that stand in its place; None: there are none.
    """

    doubt: float | None


@dataclass(frozen=True, slots=True)
class Listening:
    """What came of one recording, as it is (None) or with noise so many dB below the speech."""

    noise_db: float | None
    heard: tuple[Heard, ...]
    missed: tuple[Missed, ...]


def main() -> None:
    """Recognise, compare, print."""
    parser = argparse.ArgumentParser(description="Measure what the marks for review are worth.")
    parser.add_argument("folder", type=Path, help="holds NAME.wav, 16-bit mono, and NAME.txt")
    parser.add_argument(
        "--noise-db", type=float, nargs="*", default=[20.0, 10.0, 5.0], help="speech above noise, each once"
    )
    arguments = parser.parse_args()
    said = [
        (wav, text.read_text())
        for wav in sorted(arguments.folder.glob("*.wav"))
        if (text := wav.with_suffix(".txt")).exists()
    ]
    listenings = asyncio.run(listen(said, arguments.noise_db))
    clean = [one for one in listenings if one.noise_db is None]
    for name, chosen in (("as recorded", clean), ("with noise, too", listenings)):
        print(f"\n== {name}")  # noqa: T201 - what it is for
        for line in table(chosen):
            print(line)  # noqa: T201


async def listen(said: Sequence[tuple[Path, str]], noise_db: Sequence[float]) -> list[Listening]:
    """Have every recording written, once for each level of noise and once without."""
    factory = OfflineFactory()
    written: list[tuple[float | None, list[Word], list[Word]]] = []
    try:
        for wav, reference in said:
            samples, rate_hz = soundfile.read(wav, dtype="int16")
            for level in (None, *noise_db):
                noisy = samples if level is None else with_noise(samples, level)
                written.append((level, await recognise(factory, noisy, rate_hz), as_words(reference)))
    finally:
        factory.close()
    kinds = kinds_of([words for _, words, _ in written])
    said_kinds = kinds_of([reference for _, _, reference in written])
    return [
        compare(level, words, of_words, reference, of_reference)
        for (level, words, reference), of_words, of_reference in zip(written, kinds, said_kinds, strict=True)
    ]


def with_noise(samples: Samples, level_db: float) -> Samples:
    """Lay the same white noise under speech, so many dB below it."""
    speech = samples.astype(np.float64)
    noise = np.random.default_rng(1).standard_normal(len(speech))
    noise *= np.sqrt(np.mean(speech**2)) / 10 ** (level_db / 20)
    return np.clip(speech + noise, -32768, 32767).astype(np.int16)


async def recognise(factory: OfflineFactory, samples: Samples, rate_hz: int) -> list[Word]:
    """Give the words of the finals."""
    finals: list[Result] = []

    def take(result: Result) -> None:
        if not result.is_partial:
            finals.append(result)

    recogniser = factory.open(sample_rate_hz=rate_hz, emit=take)
    room = np.zeros(round(ROOM_S * rate_hz), np.int16)
    pcm = np.concatenate([room, samples, room]).astype("<i2")
    step = round(CHUNK_S * rate_hz)
    for start in range(0, len(pcm), step):
        recogniser.feed(pcm[start : start + step].tobytes())
    await recogniser.finish()
    return [word for final in finals for word in final.words]


def as_words(text: str) -> list[Word]:
    """Take a reference for words as a recogniser gives them."""
    return [Word(word.strip(".,;:?!"), "pronunciation", 0.0, 0.0, 1.0) for word in text.split()]


def kinds_of(texts: Sequence[Sequence[Word]]) -> list[list[str | None]]:
    """Ask the page's own code for the kind of each word."""
    node = shutil.which("node")
    if node is None:
        raise FileNotFoundError("node is needed, as for the page's tests")
    items = [
        [
            {
                "text": word.text,
                "kind": "word" if word.kind == "pronunciation" else "punctuation",
                "confidence": word.confidence,
            }
            for word in words
        ]
        for words in texts
    ]
    command = [node, "--input-type=module", "--eval", KINDS_OF, str(REVIEW)]
    answer = subprocess.run(command, input=json.dumps(items), capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    kinds: list[list[str | None]] = json.loads(answer.stdout)
    return kinds


def compare(
    noise_db: float | None,
    words: Sequence[Word],
    kinds: Sequence[str | None],
    said: Sequence[Word],
    said_kinds: Sequence[str | None],
) -> Listening:
    """Say which written words are wrong, and which critical words that were said are not there."""
    written = [(at, part) for at, word in enumerate(words) for part in spoken_words(word.text)]
    spoken = [(at, part) for at, word in enumerate(said) for part in spoken_words(word.text)]
    wrong: set[int] = set()
    missed: dict[int, Missed] = {}
    for here, there in differences([part for _, part in written], [part for _, part in spoken]):
        instead = {at for at, _ in written[here]}
        wrong |= instead
        doubt = min((words[at].confidence or 0.0 for at in instead if kinds[at] is not None), default=None)
        missed |= {at: Missed(doubt) for at, _ in spoken[there] if said_kinds[at] is not None}
    heard = tuple(
        Heard(kind, word.confidence or 0.0, at in wrong)
        for at, (word, kind) in enumerate(zip(words, kinds, strict=True))
        if word.kind == "pronunciation"
    )
    return Listening(noise_db, heard, tuple(missed.values()))


def table(listenings: Sequence[Listening]) -> Iterator[str]:
    """Write precision and recall for each threshold, of all kinds and of each."""
    heard = [word for one in listenings for word in one.heard]
    missed = [word for one in listenings for word in one.missed]
    critical = [word for word in heard if word.kind is not None]
    yield (
        f"{len(heard)} words written, {sum(word.is_wrong for word in heard)} wrong; "
        f"{len(critical)} of critical kinds; {len(missed)} critical words said are not in the text"
    )
    for kind in (None, *sorted({word.kind for word in critical if word.kind is not None})):
        chosen = [word for word in critical if kind in (None, word.kind)]
        wrong = sum(word.is_wrong for word in chosen)
        yield f"{kind or 'all kinds'}: {len(chosen)} words, {wrong} wrong"
        yield "  below  marked  wrong  precision  recall" + ("  missed, with a mark" if kind is None else "")
        for threshold in THRESHOLDS:
            marked = [word for word in chosen if word.confidence < threshold]
            hits = sum(word.is_wrong for word in marked)
            caught = sum(word.doubt is not None and word.doubt < threshold for word in missed)
            yield (
                f"  {threshold:5.2f}  {len(marked):6}  {hits:5}  {_share(hits, len(marked)):>9}"
                f"  {_share(hits, wrong):>6}" + (f"  {caught:12} of {len(missed)}" if kind is None else "")
            )


def _share(part: int, whole: int) -> str:
    return "-" if whole == 0 else f"{part / whole:.2f}"


if __name__ == "__main__":
    main()
