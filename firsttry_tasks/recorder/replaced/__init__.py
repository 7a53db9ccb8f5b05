"""Functions that tell, in place of functions of the standard library that announce nothing."""
