"""Real git and real processes."""
