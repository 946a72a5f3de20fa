"""What two deployables must agree on: wire, records, keys, settings. Pure: no I/O, no clock."""
