"""The vendors' own clients, unmodified, which must work against the event API."""
