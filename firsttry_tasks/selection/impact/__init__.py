"""What a change means: which names, modules and imports come out different."""
