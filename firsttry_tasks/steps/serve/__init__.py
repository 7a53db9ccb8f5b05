"""Answers agents over the Model Context Protocol."""
