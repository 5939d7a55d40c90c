"""Customers, their source records, facts, consents and addresses."""
