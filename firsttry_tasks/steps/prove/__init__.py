"""The replay and drill steps: prove on this repository what warm would have missed, and saved."""
