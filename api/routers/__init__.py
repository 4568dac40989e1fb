"""The routes, by what they are about. Each parses, calls and returns."""
