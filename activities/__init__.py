"""Side effects that workflows ask for. Each has a deterministic key, so that a retry is harmless."""
