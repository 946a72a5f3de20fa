"""The Lambdas at the edges: connections, tickets, health, migrations. None is on the audio path."""
