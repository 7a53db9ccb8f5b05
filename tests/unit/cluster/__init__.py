"""Tests of what a pool of one's own decides, without one."""
