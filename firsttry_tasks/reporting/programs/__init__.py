"""What programs read in the place of people: every answer as JSON, and short words for agents."""
