"""Tests of trees that travel."""
