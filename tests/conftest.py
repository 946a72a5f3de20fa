"""What holds for every test: an example of a property has no time limit, since a busy machine may be slow."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
