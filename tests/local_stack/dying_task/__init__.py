"""A task that never comes up: for the sentence that says so."""
