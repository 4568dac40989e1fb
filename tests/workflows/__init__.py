"""Processes on a real Temporal server."""
