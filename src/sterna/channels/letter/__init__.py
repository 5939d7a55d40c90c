"""The letter on paper: typst sets it as a PDF, a spool folder takes it to whoever prints."""

from sterna.channels.letter.channel import CHANNEL

__all__ = ["CHANNEL"]
