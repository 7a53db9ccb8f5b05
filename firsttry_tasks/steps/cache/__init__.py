"""The steps that pack, fetch and restore golden caches."""
