from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.planning.models import PlanTemplate
from apps.planning.services.versions import planning_sync


class Command(BaseCommand):
    help = "Offer the plan templates and the limits that are shipped with the product."

    def handle(self, *args: Any, **options: Any) -> None:
        planning_sync()
        rows = PlanTemplate.objects.filter(active=True)
        for row in rows if options["verbosity"] else []:
            self.stdout.write(str(row))
