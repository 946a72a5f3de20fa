"""The database's schema, brought up to date by a deployment."""
