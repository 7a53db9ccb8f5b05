"""Decides which recorded test results still hold, and therefore which tests have to run."""
