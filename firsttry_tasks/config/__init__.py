"""What the project asks for: its settings, its layout and its parity lock."""
