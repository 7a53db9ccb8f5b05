"""Tests of FirstTry."""
