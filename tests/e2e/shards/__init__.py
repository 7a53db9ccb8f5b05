"""Runs on several machines, with the real tools."""
