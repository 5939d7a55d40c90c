"""E-mail: MJML and plain text written by an author, MIME and SMTP on the way out."""

from sterna.channels.email.channel import CHANNEL

__all__ = ["CHANNEL"]
