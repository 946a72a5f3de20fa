"""The `$disconnect` route: forget a connection."""
