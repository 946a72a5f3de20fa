"""The `$connect` route: who may open a WebSocket."""
