from __future__ import annotations

from apps.core.tasks import io_task
from apps.registry import services


@io_task(every=60.0)
def registry_follow() -> None:
    """Notice weights that were installed, removed or exchanged while the product runs."""
    services.registry_sync()
