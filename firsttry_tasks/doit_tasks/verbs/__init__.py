"""Makes the tasks of the commands that stand in no other place, a module for each matter."""
