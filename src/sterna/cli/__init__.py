"""The `sterna` command: file in, file out on the engine; desk commands load Django only when called."""
