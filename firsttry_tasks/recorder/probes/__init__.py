"""What tests look at besides code: files, folders, variables, child processes."""
