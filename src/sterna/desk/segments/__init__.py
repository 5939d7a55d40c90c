"""Schemes, their definitions, memberships and moves."""
