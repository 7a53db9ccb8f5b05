"""Compares the reports of the two stages, and finds out why they differ where they do."""
