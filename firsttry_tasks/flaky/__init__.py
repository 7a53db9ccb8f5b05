"""The flaky list: tests that pass and fail on the same tree, and how they move through it."""
