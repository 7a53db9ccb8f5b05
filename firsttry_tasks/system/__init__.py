"""Each kind of effect has one module here: files, processes, git, the network, this machine."""
