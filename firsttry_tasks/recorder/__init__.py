"""Inside pytest: what streams outcomes and, when asked, learns what each test depends on."""
