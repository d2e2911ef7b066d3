"""What other parts may hang on."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with ``job`` inside the transaction that ends it, before ``job.finished`` is stored: what a
# receiver writes is there when a watcher hears of the end.
job_finishing = Signal()
# A job is run once more, maybe with a reason for an unusual image: ``job`` is new, ``of`` the old,
# in the transaction that makes it. What waits for the old one may wait for the new one.
job_retried = Signal()
