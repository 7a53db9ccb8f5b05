"""A small program that stands between FirstTry and each tool, so that no tool outlives a run."""
