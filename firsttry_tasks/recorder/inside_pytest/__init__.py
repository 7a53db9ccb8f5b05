"""Hooks that run inside the project's pytest."""
