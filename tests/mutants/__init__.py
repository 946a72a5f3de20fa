"""Guarantees broken on purpose, one at a time: a test that notices none of it guards nothing."""
