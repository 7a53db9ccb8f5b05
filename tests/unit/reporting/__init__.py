"""Tests of reports, tables and statistics."""
