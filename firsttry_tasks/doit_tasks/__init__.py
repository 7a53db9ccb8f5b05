"""Make doit's tasks and run them: building blocks, the commands, and the extended `run`."""
