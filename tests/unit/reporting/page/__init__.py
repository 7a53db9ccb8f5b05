"""The page that ``ft report`` writes."""
