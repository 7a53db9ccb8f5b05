"""Reads the commands that a team itself runs."""
