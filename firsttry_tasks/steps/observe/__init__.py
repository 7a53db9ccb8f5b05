"""Watches ruff and mypy in warm runs, and keeps what their answers rest on."""
