"""Tests of taking files apart."""
