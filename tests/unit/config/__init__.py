"""Tests of settings, layout and lock."""
