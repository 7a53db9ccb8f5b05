"""The matrix: changes that break a test, each in a small repository."""
