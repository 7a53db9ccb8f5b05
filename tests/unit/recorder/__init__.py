"""The parts of the pytest plugin that need no run of pytest."""
