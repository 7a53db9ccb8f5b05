"""The divergence check: comparing the two stages and explaining where they differ."""
