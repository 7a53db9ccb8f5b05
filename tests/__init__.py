"""What FirstTry promises, one sentence a test."""
