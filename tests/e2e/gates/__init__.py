"""What the gates besides the tests read, and whether they run again when it changes."""
