"""Reads what a project asks for: its settings, its layout and its parity lock."""
