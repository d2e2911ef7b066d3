"""From a head MR to a draft: structures, measurements, findings, sentences.

The numbers come from ``measurements.py`` alone, the judgements from ``references.py``; the language
model puts both into words and ``checks.py`` holds it to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from ml.contracts.errors import Cancelled, InputRefused
from ml.contracts.events import Event
from ml.imaging.volume import Volume
from ml.pipelines.draft_report import outputs, segmentation
from ml.pipelines.draft_report.draft import Draft
from ml.pipelines.draft_report.evidence import Locator
from ml.pipelines.draft_report.facts import contrast_given, draft_facts, gate_fact, midline_x
from ml.pipelines.draft_report.findings import impressions, judge
from ml.pipelines.draft_report.measurements import brain_is_plausible, measure
from ml.pipelines.draft_report.phrases import usual_examples
from ml.pipelines.draft_report.writer import Writer
from ml.runtime.context import Resources, RunContext, Steps
from ml.runtime.inputs import read_input

STEPS = {
    "read": "Read and check the images",
    "segment": "Find the structures",
    "measure": "Measure them",
    "findings": "Compare with references",
    "write": "Write the sentences",
    "store": "Store the draft",
}
LANGUAGE_MODEL = "smollm2-135m-instruct"


def warm(resources: Resources) -> None:
    """Load the language model, and have it read the examples that every normal draft starts
    from. The segmenter loads within its first run."""
    resources.text.warm()
    for examples in dict.fromkeys(usual_examples()):
        with closing(resources.text.generate(shared_prefix=examples, prompt="Finding:")) as stream:
            next(iter(stream), None)


def run(context: RunContext) -> Iterator[Event]:
    """Draft a report; see the folder's README for what it says and what it does not.

    Raises:
        InputRefused: not a head MR of regular geometry, or no brain is found in it.
        Cancelled: stopped; what there was by then has been stored as incomplete.
    """
    steps = context.steps(STEPS)
    yield steps.start("read")
    context.weights(LANGUAGE_MODEL)  # refuse a wrong file before time is spent on the images
    image = read_input(context)
    yield steps.finish()

    yield steps.start("segment")
    found = yield from segmentation.segment(context, image, steps)
    yield steps.finish()

    yield steps.start("measure")
    measured = measure(found.labels, found.volumes_ml)
    if not brain_is_plausible(measured):
        raise InputRefused("No brain of plausible size was found in the images: nothing to report.")
    yield steps.progress(0.3)
    segments, seg, ready = outputs.store_structures(context, image, found.labels, found.algorithm)
    yield ready
    if seg is not None:
        yield steps.progress(0.8)
        yield outputs.store_volumes(context, image, seg, measured.label_volumes, found.algorithm)
    yield steps.finish()

    yield steps.start("findings")
    judged = list(judge(measured, Locator(found.labels, segments)))
    for item in judged:
        yield Event(type="finding.added", data={"finding": dict(item.finding)})
    yield steps.finish()
    facts = draft_facts(
        measured,
        judged,
        midline_x_mm=midline_x(found.labels),
        contrast=contrast_given(image),
        gate=gate_fact(context.values.get("gate")),
    )
    draft = Draft(measurements=measured, judged=judged, facts=facts)
    yield from _write(context, steps, image, draft)


def _write(context: RunContext, steps: Steps, image: Volume, draft: Draft) -> Iterator[Event]:
    statements = [item.statement for item in draft.judged if item.rule.told]
    if context.params["impression"]:
        statements += impressions(draft.judged)
    writer = Writer(context.text, context.cancel)
    draft.written = writer.written
    try:
        yield steps.start("write")
        for event in writer.write(statements):
            yield event
            if event.type == "message.finished":
                yield steps.progress(len(writer.written) / len(statements))
        yield steps.finish()
        yield steps.start("store")
    except Cancelled:
        if draft.written:
            yield from outputs.store_draft(context, image, draft)
        raise
    draft.incomplete = False
    yield from outputs.store_draft(context, image, draft)
    context.values.update(draft.values())
    yield steps.finish()
