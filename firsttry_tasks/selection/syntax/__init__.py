"""A Python file taken apart into fragments."""
