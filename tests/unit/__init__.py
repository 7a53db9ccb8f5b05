"""Fast tests of one room each; the folders are those of the package."""
