"""What can go wrong between us and Orthanc. No text here carries patient data."""

from __future__ import annotations

from apps.core.errors import ApiError, DiskFull, NotFound, Unavailable


class PacsUnavailable(Unavailable):
    """Orthanc does not answer; worth trying again."""

    code = "pacs_unavailable"

    def __init__(self) -> None:
        super().__init__("The image archive does not answer at the moment. Try again shortly.")


class PacsNotFound(NotFound):
    """Orthanc does not hold this (any more)."""

    def __init__(self) -> None:
        super().__init__("The image archive does not hold this.")


class PacsFailed(ApiError):
    """Orthanc answered that it could not do this."""

    status = 502
    code = "pacs_failed"
    permanent = False

    def __init__(self, status: int, reason: str) -> None:
        super().__init__("The image archive could not do this.")
        self.pacs_status = status
        self.reason = reason

    def __str__(self) -> str:
        return f"Orthanc answered {self.pacs_status}: {self.reason}"


class PacsFull(PacsFailed):
    """Orthanc has no room for more."""

    code = "disk_full"

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        told = DiskFull()
        self.status, self.user_message = told.status, told.user_message


class InstanceRefused(ApiError):
    """A file cannot be stored. ``code`` is stable; the message is for the person who sent it."""

    status = 422
    code = "not_dicom"
