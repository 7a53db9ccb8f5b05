"""What recorded runs know of tests."""
