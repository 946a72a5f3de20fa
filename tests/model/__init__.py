"""Random schedules on the shipped core: virtual time, lossy wires, failing stores, dying streams."""
