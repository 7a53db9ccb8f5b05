"""Tests of the golden cache's rooms: no process, no network."""
