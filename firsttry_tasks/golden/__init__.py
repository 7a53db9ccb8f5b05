"""Golden caches: packing the state of a green full run, proving a foreign one, restoring it."""
