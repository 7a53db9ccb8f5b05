"""Tests of what steps decide."""
