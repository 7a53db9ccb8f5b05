"""What a run says: report files, the console, statistics."""
