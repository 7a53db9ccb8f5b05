"""Reads what stands in other programs' files, from their text alone."""
