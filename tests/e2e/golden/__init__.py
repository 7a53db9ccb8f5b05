"""Golden caches, end to end."""
