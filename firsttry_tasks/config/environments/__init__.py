"""Reads what a team installs for its tests and checks: tox, hatch, nox, and the jobs of CI."""
