"""The history: what a doctor recorded, listed, read, corrected, exported, deleted; each access on record."""
