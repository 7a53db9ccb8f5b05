"""Tests of the flaky memory."""
