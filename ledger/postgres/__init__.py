"""Floor 1: connections, migrations and the embedded server. It knows SQL, and nothing of what is stored."""
