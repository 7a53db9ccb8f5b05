"""Makes of what runs left behind one page: HTML that needs no network, JSON, and CSV."""
