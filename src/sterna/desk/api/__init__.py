"""The JSON API and the event API."""
