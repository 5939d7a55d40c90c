"""One line for every write: who did what to what, when and why."""
