"""The steps that run a stage: snapshot, gates, report."""
