"""``python -m ml simulate``: its arguments and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

SAMPLES: Final = "samples"
_SAMPLES_ARE: Final = "what a new installation shows: a real head, a later visit of it, a CT"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything of the command that needs no heavy library."""
    parser.add_argument("scenario", nargs="?", help="a name that --list shows")
    parser.add_argument("--out", type=Path, help="folder for the files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--labels", type=Path, help="NIfTI label map; else a phantom of ellipsoids")
    parser.add_argument("--as-is", action="store_true", help="keep the anatomy undeformed")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--list", action="store_true", help="show the scenarios")


def run(arguments: argparse.Namespace) -> list[str]:
    """Write the scenario, or with ``--list`` none; return the lines to print.

    Raises:
        ValueError: an unknown scenario, or no folder to write to.
        InputRefused, InputUnreadable: the label map is not one.
    """
    from ml.simulate.run import Simulation, simulate
    from ml.simulate.samples import write_samples
    from ml.simulate.scenarios import SCENARIOS

    if arguments.list:
        shown = {name: scenario.summary for name, scenario in SCENARIOS.items()}
        shown[SAMPLES] = _SAMPLES_ARE
        return [f"{name:16} {summary}" for name, summary in shown.items()]
    if arguments.scenario not in {*SCENARIOS, SAMPLES}:
        raise ValueError(f"name one of the scenarios: {', '.join([*SCENARIOS, SAMPLES])}")
    if arguments.out is None:
        raise ValueError("--out names the folder to write to")
    if arguments.scenario == SAMPLES:
        if arguments.labels or arguments.seed or arguments.as_is:
            raise ValueError("the samples are always the same: no seed, no labels")
        return [str(path) for path in write_samples(arguments.out)]
    simulation = Simulation(
        scenario=SCENARIOS[arguments.scenario],
        seed=arguments.seed,
        label_map=arguments.labels,
        as_is=arguments.as_is,
        device=arguments.device,
    )
    return [str(path) for path in simulate(simulation, arguments.out)]
