"""Verdicts and reports for people and their tools: console, annotations, markdown."""
