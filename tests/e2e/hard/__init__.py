"""Nothing of one's own can stop a run, and nothing outlives it."""
