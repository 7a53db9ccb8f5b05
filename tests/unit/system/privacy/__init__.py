"""Tests of what travels between rooms."""
