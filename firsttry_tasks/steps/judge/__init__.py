"""The steps that compare two reports and look into the differences."""
