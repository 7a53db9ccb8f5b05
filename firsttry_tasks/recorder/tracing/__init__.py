"""Which functions start, and in which scope."""
