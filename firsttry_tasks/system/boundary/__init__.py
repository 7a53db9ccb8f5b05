"""Sees what a process asks the operating system for, and tells what stands there."""
