"""The database's schema: numbered SQL files, the runner that applies them, and its command line."""
