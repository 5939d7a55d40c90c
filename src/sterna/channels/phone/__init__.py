"""The phone: a person calls, so a message is an opening sentence, a script and what to ask for."""

from sterna.channels.phone.channel import CHANNEL

__all__ = ["CHANNEL"]
