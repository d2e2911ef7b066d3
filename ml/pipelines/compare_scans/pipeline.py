"""Lay a later image onto an earlier one and judge whether the two can be compared."""

from __future__ import annotations

from collections.abc import Iterator

from ml.contracts.events import Event
from ml.pipelines.compare_scans.comparison import compare, comparison_json
from ml.pipelines.compare_scans.outputs import write_json, write_picture, write_registered_images
from ml.pipelines.compare_scans.visits import read_visits
from ml.runtime.context import RunContext

STEPS = {
    "read": "Read both images",
    "register": "Lay the follow-up onto the base image",
    "write": "Write the results",
}


def run(context: RunContext) -> Iterator[Event]:
    """See README.md. Raises ``InputRefused`` (with a code of its own for each kind of pair that
    does not belong together) and ``Cancelled``."""
    steps = context.steps(STEPS)
    yield steps.start("read")
    visits = read_visits(context, across_modalities=True)
    yield steps.finish()
    yield steps.start("register")
    yield steps.progress(None)
    comparison = compare(context, visits, deformable=bool(context.params["deformable"]))
    for warning in comparison.warnings:
        yield context.log(warning.code, warning.text, warning=True)
    yield write_picture(context, comparison)
    yield steps.finish()
    yield steps.start("write")
    content = comparison_json(comparison, context)
    yield write_json(
        context,
        "comparability-json",
        "Whether the two images can be compared",
        {"format": "synoptic-comparability", "format_version": 1, **content},
    )
    yield from write_registered_images(context, comparison)
    context.values["comparable"] = comparison.comparability.comparable
    context.values["score"] = comparison.comparability.score
    yield steps.finish()
