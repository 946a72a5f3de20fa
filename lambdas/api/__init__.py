"""The HTTP API: tickets and health."""
