"""People who log in, each with one role, and the hashed tokens by which their programs do."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from sterna.desk.config.ids import new_id


class Role(models.TextChoices):
    """What a person may do: read, work contacts, manage segments and plans, administer."""

    ANALYST = "analyst", "Analyst"
    STAFF = "staff", "Staff"
    MANAGER = "manager", "Manager"
    ADMINISTRATOR = "administrator", "Administrator"


class User(AbstractUser):
    """A person who logs in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.ANALYST)

    @property
    def name(self) -> str:
        """How the person is shown."""
        return self.get_full_name() or self.username


class Token(models.Model):
    """A bearer token of a person; only its SHA-256 is kept, so a copy of the table opens nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
