"""The doors to the world: files, processes, git, the network and this machine's Python."""
