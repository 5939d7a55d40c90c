"""Sterna: a customer migration platform."""

__version__ = "0.1.0"
