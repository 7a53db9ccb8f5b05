"""The recorder in real pytest runs."""
