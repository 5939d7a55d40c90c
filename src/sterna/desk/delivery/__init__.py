"""Channels that are switched on, and the sending of reserved contacts."""
