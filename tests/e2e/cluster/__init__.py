"""Trees that travel, and pools of real workers."""
