"""Selection without pytest: sessions written down by hand, held against changed files."""
