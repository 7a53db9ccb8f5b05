"""Carries a working tree to a worker by its content: no clone, no upload of folders, no leftovers.

``bundle`` says what a tree is made of, ``objects`` keeps it where many trees share it, and
``checkout`` lays it out and holds it against what was sent.
"""
