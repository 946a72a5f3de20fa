"""A streaming task that logs all it ever could."""

PROOF = "This task logs at DEBUG"
