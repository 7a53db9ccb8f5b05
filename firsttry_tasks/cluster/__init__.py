"""Runs shards on a pool of one's own: dask.distributed schedules, this says what and where."""
