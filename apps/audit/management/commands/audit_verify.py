from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.services import chain_verify


class Command(BaseCommand):
    help = "Recompute the chain of the audit trail and name the first entry that does not fit."

    def handle(self, *args: Any, **options: Any) -> None:
        state = chain_verify()
        if state.broken_at is not None:
            raise CommandError(
                f"The audit trail is broken at entry {state.broken_at}; "
                f"{state.entries} entries before it are intact."
            )
        self.stdout.write(f"{state.entries} entries, unbroken.")
