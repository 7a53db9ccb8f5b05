"""Learns a run: what each test rests on, and what tests leave that others use."""
