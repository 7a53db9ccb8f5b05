"""A folder for PYTHONPATH: what Python child processes of a recorded run load."""
