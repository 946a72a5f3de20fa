"""When to say that nobody is heard: a muted microphone looks like a patient listener. Pure.

Loud audio without words is the recogniser's to answer for, or noise; the state of the transcription tells it.
"""

from __future__ import annotations

from contract.audio import from_seconds

BEFORE_THE_FIRST_WORD_S = 15.0  # who starts a recording is about to speak
BETWEEN_WORDS_S = 30.0  # an examination is quiet for a while


class Quiet:
    """Measures the stretch of quiet audio at the end of what was fed; time without audio is no silence."""

    def __init__(self, rate_hz: int, since: int) -> None:
        """Begin at sample `since`; whoever begins later than 0 takes over from who heard words."""
        self._rate_hz = rate_hz
        self._since = since
        self._most_s = BETWEEN_WORDS_S if since else BEFORE_THE_FIRST_WORD_S
        self._was_said = False

    def heard_words(self, fed: int) -> None:
        """Note that there were words when the recogniser had been fed up to sample `fed`."""
        self.heard_sound(fed)
        self._most_s = BETWEEN_WORDS_S
        self._was_said = False

    def heard_sound(self, until: int) -> None:
        """Note loud audio that ends at sample `until`; a stream that begins anew repeats what was."""
        self._since = max(self._since, until)

    def is_to_be_said(self, fed: int) -> bool:
        """Tell, once until there are words, that the stretch has grown long."""
        if self._was_said or fed - self._since < from_seconds(self._most_s, self._rate_hz):
            return False
        self._was_said = True
        return True
