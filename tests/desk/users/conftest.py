"""Passwords hashed quickly: the real hash is slow on purpose, and these tests make many people."""

import pytest


@pytest.fixture(autouse=True)
def quick_hash(settings):
    """A hash that takes no time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
