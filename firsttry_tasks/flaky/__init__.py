"""Tests that answer both ways: what is known of them and how it changes."""
