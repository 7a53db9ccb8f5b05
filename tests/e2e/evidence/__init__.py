"""Differences with known causes, and the flaky memory, with the real tools."""
