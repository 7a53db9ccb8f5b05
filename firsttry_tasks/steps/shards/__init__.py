"""The steps of a run on several machines: plan it, run a shard, and merge what all of them left."""
