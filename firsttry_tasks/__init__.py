"""FirstTry: run what a change can break, and prove that it gave the same answer as the whole."""

__version__ = "0.2.0"
