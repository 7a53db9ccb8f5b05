"""The decision: which recorded results still hold, and which tests run."""
