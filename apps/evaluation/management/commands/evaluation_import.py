from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import ApiError
from apps.evaluation.services import BYTES_MAX, Description, evaluation_import, pipeline_to_link


class Command(BaseCommand):
    help = (
        "Keep evaluation.json files for the page Evaluations. A file known already changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--title", default="", help="at most 200 characters")
        parser.add_argument(
            "--pipeline", default="", help="the pipeline that it is an evaluation of"
        )
        parser.add_argument("--pipeline-version", default="", help="default: the installed one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            pipeline = pipeline_to_link(options["pipeline"], options["pipeline_version"])
        except ApiError as error:
            raise CommandError(error.user_message) from error
        description = Description(title=options["title"][:200], pipeline=pipeline)
        failed = 0
        for path in options["files"]:
            try:
                told = self._imported(path, description)
            except (ApiError, OSError) as error:
                failed += 1
                reason = error.user_message if isinstance(error, ApiError) else "cannot be read"
                self.stderr.write(f"{path}: {reason}")
            else:
                self.stdout.write(f"{path}: {told}")
        if failed:
            raise CommandError(f"{failed} of {len(options['files'])} could not be imported.")

    def _imported(self, path: Path, description: Description) -> str:
        with path.open("rb") as stream:
            content = stream.read(BYTES_MAX + 1)
        imported = evaluation_import(actor=None, content=content, description=description)
        return f"{'imported' if imported.created else 'known already'}, {imported.run.pk}"
