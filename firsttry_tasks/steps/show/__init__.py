"""Shows people what runs left behind: the page, and what is said on a pull request."""
