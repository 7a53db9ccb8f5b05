"""What keeps house here and is not installed: pictures for the README, checks before a release."""
