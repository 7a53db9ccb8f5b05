"""Looks at things: what they hold, what they show, and how to spell that."""
