"""Follow the archive's changes and keep the index of studies."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from apps.studies.intake.follow import Follower


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        # Whoever sends images, and whoever looks at them, comes before the index of them.
        os.nice(10)
        Follower(stop).run()
