"""Sees which functions start, and in which scope."""
