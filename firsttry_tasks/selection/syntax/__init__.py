"""Takes Python files apart into fragments, with the names that each binds and refers to."""
