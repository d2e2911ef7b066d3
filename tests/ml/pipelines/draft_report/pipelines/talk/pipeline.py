from __future__ import annotations

from collections.abc import Iterator

from ml.contracts.events import Event
from ml.pipelines.draft_report.evidence import Locator
from ml.pipelines.draft_report.findings import impressions, judge
from ml.pipelines.draft_report.fixture import head_labels
from ml.pipelines.draft_report.measurements import measure
from ml.pipelines.draft_report.writer import Writer
from ml.runtime.context import Resources, RunContext


def warm(resources: Resources) -> None:
    resources.text.warm()


def run(context: RunContext) -> Iterator[Event]:
    head = head_labels()
    judged = list(judge(measure(head), Locator(head, {})))
    writer = Writer(context.text, context.cancel)
    told = [item.statement for item in judged if item.rule.told]
    yield from writer.write([*told, *impressions(judged)])
    context.values["attempts"] = [item.attempts for item in writer.written]
    context.values["largest_batch"] = context.text.largest_batch
