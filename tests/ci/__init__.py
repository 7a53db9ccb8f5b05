"""CI as users copy it: the workflows, the hook, the Makefile and the package."""
