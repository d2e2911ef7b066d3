"""Write the configuration file of this installation's Orthanc."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.pacs.configuration import PluginMissing, container_config, orthanc_config
from apps.pacs.loopback import loopback_library_build


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, required=True, help="the file to write, or -")
        parser.add_argument(
            "--container",
            action="store_true",
            help="for the Orthanc of deploy/compose.yaml; SYNOPTIC_ORTHANC_PASSWORD must be set",
        )
        parser.add_argument(
            "--loopback-library",
            type=Path,
            help="build here what keeps Orthanc on 127.0.0.1, to be named in LD_PRELOAD",
        )
        parser.add_argument(
            "--dicom-open",
            action="store_true",
            help="accept C-STORE from other machines, not only from this one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        configuration = self._container() if options["container"] else self._own(options)
        text = json.dumps(configuration, indent=1)
        out: Path = options["out"]
        if str(out) == "-":
            self.stdout.write(text)
            return
        out.parent.mkdir(parents=True, exist_ok=True)
        # It holds the password: nobody else may read it, not even for an instant.
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)

    def _container(self) -> dict[str, Any]:
        password = os.environ.get("SYNOPTIC_ORTHANC_PASSWORD")
        if not password:
            # One that the settings made up would not be the one that the other services know.
            raise CommandError("SYNOPTIC_ORTHANC_PASSWORD must be set.")
        return container_config(settings.ORTHANC_USER, password, aet=settings.DICOM_AET)

    def _own(self, options: dict[str, Any]) -> dict[str, Any]:
        data_dir = Path(settings.DATA_DIR)
        library: Path | None = options["loopback_library"]
        bound = library is not None and loopback_library_build(library)
        if library is not None and not bound:
            library.unlink(missing_ok=True)
            self.stderr.write(
                "No C compiler: Orthanc cannot be kept on loopback, so C-STORE is limited to "
                "known modalities (install tcc)."
            )
        try:
            configuration = orthanc_config(
                data_dir,
                urlsplit(settings.ORTHANC_URL).port or 8042,
                settings.DICOM_PORT,
                settings.ORTHANC_USER,
                settings.ORTHANC_PASSWORD,
                any_sender=bound or options["dicom_open"],
                aet=settings.DICOM_AET,
            )
        except PluginMissing as error:
            raise CommandError(str(error)) from None
        Path(configuration["StorageDirectory"]).mkdir(parents=True, exist_ok=True, mode=0o700)
        return configuration
