"""Tests of dividing a run into shards."""
