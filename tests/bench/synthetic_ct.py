"""From an MR series in Orthanc to a stored synthetic CT, against a plain script with MONAI.

    python -m tests.bench.synthetic_ct [--repeats 3] [--head]

Ours: the pipeline as the worker runs it: fetch the series, check, predict in bfloat16 by OpenVINO,
write the CT, both bounds, the outline and the NIfTI files, send all DICOM back. The baseline has
the same weights: fetch, read, ``SlidingWindowInferer(sw_batch_size=1, overlap=0.5)`` slice by slice
in float32 torch, mirrored as ours, write the CT alone, send it back. Both on the same cores and
against the same Orthanc, interleaved A B B A …. Patients: a phantom limb of 75 slices of 180 x 220,
with ``--head`` also Colin 27's head of 1 mm (Debian's mricron-data).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import torch
from monai.inferers.inferer import SlidingWindowInferer
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.contracts.cancel import CancelToken
from ml.contracts.request import ImageInput, RunRequest
from ml.dicom.headers import source_headers
from ml.dicom.image_series import Generated
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.write_image import write_ct
from ml.imaging.body import body_of_mr
from ml.imaging.volume import Volume
from ml.models.synthetic_ct.intensity import normalise, to_hu
from ml.models.synthetic_ct.modeling import quantiles
from ml.models.synthetic_ct.synthesiser import neighbours
from ml.models.synthetic_ct.weights import load
from ml.pipelines.synthetic_ct.fixture import limb
from ml.runtime.context import Resources
from ml.runtime.devices import Device
from ml.runtime.execute import execute
from ml.runtime.registry import manifest_of
from ml.runtime.text.service import TextService
from ml.runtime.weights import verified_path
from ml.simulate.samples import colin_head
from tests.ml.dicom.series import mr_series, new_series
from tests.support.orthanc import Orthanc, orthanc_server

CORES = 2
WINDOW = (128, 128)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--head", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(CORES)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {CORES} used")
    print(f"load average {os.getloadavg()[0]:.1f}")
    patients = {"extremity": limb(shape=(75, 220, 180))[0]}
    if chosen.head:
        patients["head"] = colin_head()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "orthanc"
        folder.mkdir()
        with orthanc_server(folder) as orthanc:
            for site, mr in patients.items():
                measure(site, mr, orthanc, Path(name), chosen.repeats)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


def measure(site: str, mr: Volume, orthanc: Orthanc, root: Path, repeats: int) -> None:
    files = mr_series(root / site, mr)
    with orthanc.client() as client:
        for file in files:
            client.post("/instances", content=file.read_bytes()).raise_for_status()
        series = series_in(client, str(new_series().series_uid))
        firsts: list[float] = []
        resources = Resources(
            device=Device(kind="cpu", threads=CORES),
            data_dir=root,
            text=TextService(Device(kind="cpu", threads=CORES), root),
        )

        def ours() -> None:
            firsts.append(by_pipeline(client, series, site, resources, root))

        ways: list[tuple[str, Callable[[], None]]] = [
            ("ours", ours),
            ("plain script", lambda: by_script(client, series, site, root)),
        ]
        for _, way in ways:
            way()
        firsts.clear()
        seconds: dict[str, list[float]] = {name: [] for name, _ in ways}
        for number in range(repeats):
            for name, way in ways if number % 2 == 0 else reversed(ways):
                began = time.perf_counter()
                way()
                seconds[name].append(time.perf_counter() - began)
        client.delete(f"/series/{series}")
    base, mine = (statistics.median(seconds[name]) for name in ("plain script", "ours"))
    print(
        f"{site} {mr.shape}: ours {mine:.2f} s, plain script {base:.2f} s: ratio {mine / base:.2f}"
    )
    print(f"    first preview after {statistics.median(firsts) / mine:.0%} of the total")


def series_in(client: httpx.Client, uid: str) -> str:
    found: list[str] = client.post(
        "/tools/find", json={"Level": "Series", "Query": {"SeriesInstanceUID": uid}}
    ).json()
    return found[0]


def fetched(client: httpx.Client, series: str, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for instance in client.get(f"/series/{series}").json()["Instances"]:
        content = client.get(f"/instances/{instance}/file").content
        (folder / f"{instance}.dcm").write_bytes(content)
    return folder


def sent(client: httpx.Client, folder: Path) -> None:
    for file in sorted(folder.rglob("*.dcm")):
        client.post("/instances", content=file.read_bytes()).raise_for_status()


def by_pipeline(
    client: httpx.Client, series: str, site: str, resources: Resources, root: Path
) -> float:
    """Seconds until the first preview."""
    began, first = time.perf_counter(), float("nan")
    work = root / uuid4().hex
    request = RunRequest(
        pipeline="synthetic_ct",
        run_id=str(uuid4()),
        inputs={"image": ImageInput(path=fetched(client, series, work / "in"), kind="dicom")},
        out_dir=work / "out",
        params={"site": site},
        override_reason="A phantom, to measure how long it takes.",
    )
    for event in execute(request, CancelToken(), resources):
        if np.isnan(first) and event.type == "artifact.ready":
            first = time.perf_counter() - began
    sent(client, work / "out")
    shutil.rmtree(work)
    return first


def by_script(client: httpx.Client, series: str, site: str, root: Path) -> None:
    work = root / uuid4().hex
    image = read_series(fetched(client, series, work / "in"))
    spec = next(one for one in manifest_of("synthetic_ct").weights if one.name == site)
    model = load(verified_path(spec)).model
    body = body_of_mr(image)
    padded = torch.from_numpy(normalise(image.array, body))
    y, x = padded.shape[-2:]
    padded = functional.pad(padded, (0, -x % model.config.stride, 0, -y % model.config.stride))
    inferer = SlidingWindowInferer(roi_size=WINDOW, sw_batch_size=1, overlap=0.5)
    hu: NDArray[np.float32] = np.empty(image.shape, dtype=np.float32)

    def middle(planes: Tensor) -> Tensor:
        return quantiles(model(planes))

    with torch.inference_mode():
        for z in range(len(hu)):
            planes = neighbours(padded, [z], model.config.offsets)
            one: Any = inferer(planes, middle)
            other: Any = inferer(planes.flip(-1), middle)
            made = (one + other.flip(-1)) / 2
            hu[z] = to_hu(made[0, 1, :y, :x].numpy())
    assert image.source is not None
    new = new_series(uuid4().hex)
    marks = Generated(algorithm=Algorithm(name="plain", version="1"), derivation="bench")
    write_ct(
        image.like(np.where(body, hu, np.float32(-1000))),
        work / "out",
        study=source_headers(image.source)[0],
        series=new,
        generated=marks,
    )
    sent(client, work / "out")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
