"""Reads Python source, for all rooms that take some apart."""
