"""Says of a run what a pull request has to know: a comment, and the forms that forges read."""
