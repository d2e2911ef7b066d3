from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.accounts.services import administrator_ensure


class Command(BaseCommand):
    help = "Create the administrator 'admin' with a generated password, shown this once."

    def handle(self, *args: Any, **options: Any) -> None:
        user, password = administrator_ensure()
        if password is None:
            if options["verbosity"]:
                self.stdout.write(f"The administrator '{user.username}' is there already.")
            return
        self.stdout.write("")
        self.stdout.write(f"  Administrator   {user.username}")
        self.stdout.write(f"  Password        {password}")
        self.stdout.write("  It is shown this once. Change it under Administration > Users.")
        self.stdout.write("")
