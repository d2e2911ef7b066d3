"""Redis and Orthanc as children of the supervisor: their ports and configuration files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from apps.config import env

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePorts:
    """Which stores we start, and where they listen. A store named by its own address
    (SYNOPTIC_REDIS_URL, SYNOPTIC_ORTHANC_URL) runs elsewhere and is not started."""

    redis: int
    orthanc: int
    dicom: int
    redis_is_external: bool
    orthanc_is_external: bool

    @classmethod
    def from_environment(cls) -> StorePorts:
        return cls(
            redis=env.port("REDIS_PORT", 8002),
            orthanc=env.port("ORTHANC_PORT", 8003),
            dicom=env.port("DICOM_PORT", 8004),
            redis_is_external=bool(os.environ.get("SYNOPTIC_REDIS_URL")),
            orthanc_is_external=bool(os.environ.get("SYNOPTIC_ORTHANC_URL")),
        )

    def external(self) -> set[str]:
        return {
            name
            for name, elsewhere in (
                ("redis", self.redis_is_external),
                ("orthanc", self.orthanc_is_external),
            )
            if elsewhere
        }

    def listening(self) -> dict[str, tuple[str, int]]:
        """The setting that names each port we open, with its address."""
        ports = {}
        if not self.redis_is_external:
            ports["SYNOPTIC_REDIS_PORT"] = (LOOPBACK, self.redis)
        if not self.orthanc_is_external:
            ports["SYNOPTIC_ORTHANC_PORT"] = (LOOPBACK, self.orthanc)
            ports["SYNOPTIC_DICOM_PORT"] = (LOOPBACK, self.dicom)
        return ports


def stores_configure(data_dir: Path, ports: StorePorts) -> dict[str, Path]:
    """Write both configuration files, readable by their owner only. Needs Django's settings.

    Returns the paths of ``redis`` and ``orthanc`` configurations, and of ``loopback``: what is
    preloaded into Orthanc so that it listens on this machine alone (absent without a compiler).
    """
    from django.conf import settings
    from django.core.management import call_command

    redis = data_dir / "redis" / "redis.conf"
    redis.parent.mkdir(exist_ok=True, mode=0o700)
    descriptor = os.open(redis, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        # Nothing is kept in Redis that the database does not know: no snapshots, no log.
        handle.write(
            f'bind {LOOPBACK}\nport {ports.redis}\ndir "{redis.parent}"\nsave ""\n'
            f"appendonly no\nrequirepass {settings.REDIS_PASSWORD}\nloglevel warning\n"
        )
    orthanc = data_dir / "orthanc.json"
    loopback = data_dir / "lib" / "loopback.so"
    call_command("orthanc_config", out=orthanc, loopback_library=loopback)
    return {"redis": redis, "orthanc": orthanc, "loopback": loopback}
