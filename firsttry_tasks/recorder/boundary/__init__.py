"""Reads what the preloaded C library saw of a recorded run, and tells it which scope is open."""
