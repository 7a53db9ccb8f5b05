"""The tasks of a run on several machines."""
