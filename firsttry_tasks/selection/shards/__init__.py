"""Divides a run into shards that several machines run, and joins what they saw."""
