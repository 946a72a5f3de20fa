"""All mutants, by the part whose promise they break."""

from __future__ import annotations

from tests.mutants.audio import AUDIO
from tests.mutants.deployment import DEPLOYMENT
from tests.mutants.history import HISTORY
from tests.mutants.live_text import LIVE_TEXT
from tests.mutants.ownership import OWNERSHIP
from tests.mutants.page import PAGE
from tests.mutants.text import TEXT

PARTS = (AUDIO, TEXT, OWNERSHIP, PAGE, LIVE_TEXT, HISTORY, DEPLOYMENT)
MUTANTS = tuple(mutant for part in PARTS for mutant in part)
