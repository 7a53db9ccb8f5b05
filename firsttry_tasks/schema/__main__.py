"""Writes the published schemas anew."""

from firsttry_tasks import schema

schema.write()
