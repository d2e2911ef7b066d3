"""A photon plan: read, find structures, optimise, recalculate, check, write."""

from __future__ import annotations

from collections.abc import Iterator

from ml.contracts.events import Event
from ml.pipelines.plan_photons.case import make_case
from ml.pipelines.plan_photons.inputs import read_inputs
from ml.planning.limits import read_limits
from ml.planning.templates import read_template
from ml.runtime.context import RunContext

STEPS = {
    "read": "Read images and structures",
    "prepare": "Find the structures",
    "optimise": "Optimise the fluence",
    "dose": "Calculate the doses",
    "check": "Run the checks",
    "write": "Write the results",
}


def run(context: RunContext) -> Iterator[Event]:
    """See README.md. Raises ``InputRefused`` and ``ParametersRefused`` with a reason,
    ``Cancelled`` on a stop (between rays, iterations and beams)."""
    template = read_template(context.params["template"])
    limits = read_limits(context.params["limits"])
    steps = context.steps(STEPS)
    yield steps.start("read")
    inputs = read_inputs(context)
    yield steps.finish()
    yield steps.start("prepare")
    case = make_case(inputs, template, context.params["target_roi"])
    for warned in case.warned:
        yield context.log(warned.code, warned.text, warning=True)
    yield steps.finish()
    yield steps.start("optimise")
    # pyRadPlan takes seconds to load; what is refused is refused before.
    from ml.pipelines.plan_photons.doses import all_doses, optimised, planner_of
    from ml.pipelines.plan_photons.outputs import write_figures, write_objects, write_reports
    from ml.pipelines.plan_photons.plan_json import plan_json
    from ml.pipelines.plan_photons.review import review

    with context.resources.volume_turn(context.cancel):
        planned = yield from optimised(context, steps, planner_of(case, template))
        yield steps.finish()
        yield steps.start("dose")
        doses = yield from all_doses(context, steps, case, template, planned)
        yield steps.finish()
    yield steps.start("check")
    found = review(
        case,
        doses,
        template,
        limits,
        gate_score=context.params["synthesis"].get("gate_score"),
        out_dir=context.out_dir / "pictures",
        pause=context.cancel.check,
    )
    yield steps.finish()
    yield steps.start("write")
    content = plan_json(case, doses, found, template, limits)
    objects = yield from write_objects(context, case, doses, template)
    yield from write_figures(context, doses, found, content)
    yield from write_reports(context, case, content, found, objects)
    context.values["checks"] = {c.key: c.verdict.status for c in found.checks}
    context.values["constraints"] = content["constraints"]
    context.values["warnings"] = [item.code for item in case.warned]
    yield steps.finish()
