"""Keep what a machine knows to itself: values of variables, and where its files lie."""
