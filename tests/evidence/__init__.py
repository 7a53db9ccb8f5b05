"""The flaky memory, the classes of differences, and the history."""
