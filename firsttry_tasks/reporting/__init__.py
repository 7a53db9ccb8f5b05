"""Writes what a run has to say: report files, the console's lines, GitHub's forms, statistics."""
