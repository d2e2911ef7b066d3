"""People and the tokens that speak for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from apps.core.models import BaseModel


class Role(models.TextChoices):
    CLINICIAN = "clinician"
    RESEARCHER = "researcher"
    PHYSICIST = "physicist"
    ADMINISTRATOR = "administrator"


def validate_roles(value: Any) -> None:
    known = set(Role.values)
    if not isinstance(value, list) or not set(value) <= known or len(set(value)) != len(value):
        raise ValidationError("Roles are a list without repetition of: " + ", ".join(Role.values))


class User(BaseModel, AbstractUser):
    """A local account. What it may do follows from its roles alone (``policy.py``).

    The roles stand in the row itself: every request reads the user anyway, websockets and image
    requests then decide without a further query.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(max_length=150, blank=True)
    roles = models.JSONField(default=list, blank=True, validators=[validate_roles])

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering: ClassVar[list[str]] = ["username"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The Django admin opens for the role, never for a flag set beside it."""
        validate_roles(self.roles)
        self.is_staff = self.is_superuser = Role.ADMINISTRATOR in self.roles
        if (fields := kwargs.get("update_fields")) is not None and "roles" in fields:
            kwargs["update_fields"] = {*fields, "is_staff", "is_superuser"}
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.display_name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


class ApiToken(BaseModel):
    """A secret that its owner made for a program. Only its SHA-256 is kept: the secret has 256
    random bits, so a slow hash would add nothing but a cost to every request."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"

    @property
    def in_force(self) -> bool:
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.revoked_at is None and not expired


class LoginFailure(models.Model):
    """A refused log-in, counted against guessing. Keyed by digests: what people type by mistake
    where their name belongs is often the password."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["key", "at"])]

    def __str__(self) -> str:
        return f"{self.key[:8]}… {self.at:%Y-%m-%d %H:%M}"
