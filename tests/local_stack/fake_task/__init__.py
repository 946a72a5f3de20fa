"""A task that answers its probes and shows its environment: for tests of the stack around it."""
