"""The audit trail: rows that are only ever added, each sealed by the hash of all before it."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models


class AuditEntry(models.Model):
    """Who did what to which object, and when. No names of patients, no addresses of machines.

    The actor is written down, not referred to: an account may be removed, its trail may not.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor_id = models.CharField(max_length=36, blank=True)
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=128, blank=True)
    study_uid = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar[list[str]] = ["-seq"]
        verbose_name_plural = "audit entries"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["study_uid", "-seq"]),
            models.Index(fields=["actor_id", "-seq"]),
            models.Index(fields=["action", "-seq"]),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An audit entry is never changed.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("An audit entry is never removed.")


class AuditHead(models.Model):
    """The end of the chain: the one row whose lock gives the next entry its place."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.seq} {self.hash}"
