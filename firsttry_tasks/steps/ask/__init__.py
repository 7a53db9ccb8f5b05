"""The steps that answer questions and keep the project in order."""
