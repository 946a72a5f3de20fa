"""The smoke test's own tests: each check is shown a deployment that works and some that do not."""
