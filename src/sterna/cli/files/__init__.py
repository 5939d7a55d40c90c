"""Commands on files: they know the engine and nothing of the desk."""
