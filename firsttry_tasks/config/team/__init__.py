"""Finds which tools a team uses, and how it calls them, in the files that say so."""
