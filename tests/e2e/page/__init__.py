"""The page that ``ft report`` writes, in a real browser."""
