"""Warm and full in projects and on machines of every kind."""
