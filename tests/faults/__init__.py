"""Real processes killed, frozen and sent away while somebody speaks."""
