"""The result as one JSON object, checked against its schema, and the files beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from ml.contracts.errors import InputRefused
from ml.contracts.evaluation import SCHEMA, EvaluationResult, Named
from ml.evaluation.cases import entries, fingerprint
from ml.evaluation.measured import flat
from ml.evaluation.rows import Context, metric_rows
from ml.evaluation.run import Outcome
from ml.evaluation.sets import set_rows
from ml.evaluation.settings import Settings
from ml.evaluation.stored import validator
from ml.evaluation.subjects import attributes_of, subgroups
from ml.evaluation.table import as_csv, as_markdown
from ml.evaluation.tasks import TASKS

_SOFTWARE = ("monai", "numpy", "scikit-image", "scipy", "torch")
RESULT, CSV, MARKDOWN = "evaluation.json", "evaluation.csv", "evaluation.md"


def assemble(settings: Settings, outcome: Outcome) -> EvaluationResult:
    """Everything measured as one result.

    Raises:
        InputRefused: not one case could be measured; the first reason is named.
    """
    refs = [item.ref for item in outcome.files]
    data = fingerprint(settings.data_name or settings.ref.name, refs)
    unit = "HU" if settings.hounsfield else "image unit"
    context = Context(settings=settings, data=data, sources=outcome.sources, unit=unit)
    attributes = attributes_of(refs, settings.subjects)
    rows = list(metric_rows(outcome.measured, subgroups(attributes), context))
    rows += set_rows(outcome.features, context, paired=TASKS[settings.task].paired)
    if not rows:
        problem = next(iter(outcome.problems), None)
        reason = f" {problem['file']}: {problem['reason']}." if problem else ""
        raise InputRefused(f"Nothing could be measured.{reason}")
    low, high = outcome.value_range
    return {
        "schema": SCHEMA,
        "task": settings.task,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": settings.command,
        "complete": not outcome.problems,
        "problems": outcome.problems,
        "data": data,
        "data_kind": settings.data_kind,
        "prediction": fingerprint(settings.pred.name, entries(settings.pred).values()),
        "settings": {
            "mask": settings.masks.name if settings.masks else "body of the reference",
            "labels": settings.labels.name if settings.labels else "not given",
            "range": f"{low:g} to {high:g}",
            "tiers": ", ".join(settings.tiers),
            "resamples": str(settings.resamples),
        },
        "networks": _networks(outcome),
        "software": {name: version(name) for name in _SOFTWARE},
        "seed": settings.seed,
        "rows": rows,
        "subjects": [
            {
                "subject": subject,
                "attributes": attributes.get(subject, {}),
                "values": flat(outcome.measured["prediction"], subject),
            }
            for subject in dict.fromkeys(entry.subject for entry in refs)
        ],
    }


def _networks(outcome: Outcome) -> list[Named]:
    return [outcome.frozen.named] if outcome.frozen.used else []


def write(result: EvaluationResult, out: Path) -> list[Path]:
    """JSON, CSV and Markdown under ``out``.

    Raises:
        jsonschema.ValidationError: the result is not what the schema says: a defect.
    """
    validator().validate(result)
    out.mkdir(parents=True, exist_ok=True)
    texts = {
        RESULT: json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        CSV: as_csv(result["rows"]),
        MARKDOWN: as_markdown(result),
    }
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    return [out / name for name in texts]
