"""How the graph becomes doit tasks."""
