from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.registry.services import registry_sync


class Command(BaseCommand):
    help = "Bring the registry up to date with the installed pipelines and check their weights."

    def handle(self, *args: Any, **options: Any) -> None:
        rows = registry_sync()
        for row in rows if options["verbosity"] else []:
            switched = "" if row.enabled else ", off"
            self.stdout.write(f"{row.name} {row.version}: {row.get_state_display()}{switched}")
