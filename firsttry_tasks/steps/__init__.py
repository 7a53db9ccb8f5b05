"""The verbs doit calls: each reads, asks one room, and writes."""
