"""A page with every component on it, served by a minimal installation, for eyes and browser tests."""
