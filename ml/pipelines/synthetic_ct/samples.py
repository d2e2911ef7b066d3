"""Alternative CTs of the same MR, where a flow was trained for the site."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ml.contracts.events import Event
from ml.dicom.nifti import write_nifti
from ml.imaging.volume import Volume
from ml.models.synthetic_ct.config import Site
from ml.models.synthetic_ct.sampling import Sampler
from ml.models.synthetic_ct.synthesiser import Prepared
from ml.models.synthetic_ct.weights import load
from ml.pipelines.synthetic_ct.dicom import SctSeries, algorithm_of, write_series
from ml.runtime.context import RunContext, Steps

SERIES_NUMBER = 9030


def write_samples(
    context: RunContext, steps: Steps, image: Volume, ready: Prepared, site: Site
) -> Iterator[Event]:
    """Draw and write ``samples`` CTs within the step that is running. They differ from each other
    where the MR leaves the CT open, and each is further from the truth than the result is.

    Raises:
        Cancelled: between two steps of the flow; what is drawn by then is kept.
    """
    name, count = f"{site}-flow", int(context.params["samples"])
    if name not in {spec.name for spec in context.manifest.weights}:
        text = "Alternatives are drawn for limbs only: no flow was trained for heads."
        yield context.log("no_samples", text, warning=True)
        return

    def opened() -> Sampler:
        checkpoint = load(context.weights(name))
        checkpoint.model.to(context.device.kind)
        return Sampler(checkpoint, threads=context.device.threads)

    sampler = context.models.get(name, opened)
    for number in range(1, count + 1):
        with context.resources.volume_turn(context.cancel):
            work = sampler.pieces(image, ready, seed=context.request.seed + 1000 * number)
            while True:
                try:
                    share = next(work)
                except StopIteration as end:
                    drawn: Volume = end.value
                    break
                context.cancel.check()
                yield steps.progress(round((number - 1 + share) / count, 3))
        key, title = f"sct-sample-{number}", f"Alternative {number} of the synthetic CT"
        path = context.out_dir / f"sct_sample_{number}.nii.gz"
        write_nifti(drawn.like(np.rint(drawn.array).astype(np.int16)), path)
        yield context.artifact(
            f"{key}-nifti", kind="nifti", path=path, media_type="application/gzip", title=title
        )
        if image.source is not None:
            algorithm = algorithm_of(context, site, name)
            suffix = f", alternative {number}"
            which = SctSeries(key=key, number=SERIES_NUMBER + number, title=title, suffix=suffix)
            yield write_series(context, image, drawn, algorithm, which)
