"""Sets a repository up: looks at it, shows what it would write and why, asks, and writes."""
