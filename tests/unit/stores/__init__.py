"""Tests of the stores, against real servers where they can be had."""
