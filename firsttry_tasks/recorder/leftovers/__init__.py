"""Sees what a test leaves behind: in the modules of the project, and in the process."""
