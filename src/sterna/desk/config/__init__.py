"""How an installation is set up: options, settings, database, clock, ids, urls."""
