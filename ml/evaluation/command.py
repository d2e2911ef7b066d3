"""``python -m ml evaluate``: the words of the command. Loads nothing heavy until it runs."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from ml.contracts.errors import ParametersRefused
from ml.evaluation.settings import DATA_KINDS, TIERS, Settings

Say = Callable[[str], None]
# A result of some cases only: the table is there, but a script must notice.
INCOMPLETE = 7
NAMES = ("synthesis", "dose", "segmentation", "detection", "report", "generation")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``evaluate TASK --pred DIR --ref DIR --out DIR`` and ``evaluate compare A.json B.json``."""
    commands = parser.add_subparsers(required=True, metavar="TASK", dest="task")
    for name in NAMES:
        _add_task(commands.add_parser(name, help=f"figures of {name}"))
    compare = commands.add_parser("compare", help="runs side by side, differences by subject")
    compare.add_argument("results", nargs="+", type=Path, metavar="RESULT.json")
    compare.add_argument("--out", type=Path, help="write the table there as Markdown")
    compare.add_argument("--resamples", type=int, default=2000)
    compare.add_argument("--seed", type=int, default=0)


def _add_task(task: argparse.ArgumentParser) -> None:
    task.add_argument("--pred", type=Path, required=True, help="folder of predictions")
    task.add_argument("--ref", type=Path, required=True, help="folder of references, same names")
    task.add_argument("--out", type=Path, required=True, help="folder for table, plots and JSON")
    task.add_argument("--floor", type=Path, help="folder of what no model can do better than")
    task.add_argument("--baseline", type=Path, help="folder of what costs nothing")
    task.add_argument("--masks", type=Path, help="folder of masks: where pixels count")
    task.add_argument("--labels", type=Path, help="folder of true tissue labels")
    task.add_argument("--subjects", type=Path, help="table of subjects (default REF/subjects.csv)")
    task.add_argument("--tiers", default=",".join(TIERS), help="of pixel,feature,task")
    task.add_argument("--range", help="LOW,HIGH of the population, or auto", metavar="LOW,HIGH")
    task.add_argument("--network", type=Path, help="another checkpoint of the head segmenter")
    task.add_argument("--data-name", default="", help="name of the data in the table")
    task.add_argument("--data-kind", choices=DATA_KINDS, default="not given")
    task.add_argument("--resamples", type=int, default=2000, help="of the bootstrap")
    task.add_argument("--seed", type=int, default=0)
    task.add_argument("--no-plots", action="store_true")


def run(arguments: argparse.Namespace, words: Sequence[str], say: Say, tell: Say) -> int:
    """Run the command; ``say`` gets the table, ``tell`` the progress. Returns the exit code.

    Raises:
        MlError: see ``ml.evaluation.run.measure`` and ``ml.evaluation.result.assemble``.
    """
    if arguments.task == "compare":
        from ml.evaluation.compare import compare

        text = compare(arguments.results, resamples=arguments.resamples, seed=arguments.seed)
        if arguments.out is not None:
            arguments.out.write_text(text, encoding="utf-8")
        say(text)
        return 0
    from ml.evaluation import result as results
    from ml.evaluation.plots import write_plots
    from ml.evaluation.run import measure
    from ml.evaluation.table import as_markdown, for_terminal

    settings = settings_from(arguments, shlex.join(["python", "-m", "ml", *words]))
    outcome = measure(settings, tell)
    found = results.assemble(settings, outcome)
    results.write(found, arguments.out)
    if not arguments.no_plots:
        write_plots(found, arguments.out)
    say(for_terminal(as_markdown(found)))
    return 0 if found["complete"] else INCOMPLETE


def settings_from(arguments: argparse.Namespace, command: str) -> Settings:
    """What the words ask for.

    Raises:
        ParametersRefused: an unknown tier, or a range that is none.
    """
    chosen = arguments.tiers.split(",")
    tiers = tuple(tier for tier in TIERS if tier in chosen)
    if len(tiers) != len(chosen):
        raise ParametersRefused(f"--tiers takes {', '.join(TIERS)}, separated by commas.")
    if arguments.resamples < 1:
        raise ParametersRefused("--resamples must be at least 1.")
    table = arguments.subjects or arguments.ref / "subjects.csv"
    if arguments.subjects is None and not table.is_file():
        table = None
    return Settings(
        task=arguments.task,
        pred=arguments.pred,
        ref=arguments.ref,
        floor=arguments.floor,
        baseline=arguments.baseline,
        masks=arguments.masks,
        labels=arguments.labels,
        subjects=table,
        tiers=tiers,
        value_range=_range(arguments.range),
        range_from_references=arguments.range == "auto",
        hounsfield=arguments.task in ("synthesis", "dose") and arguments.range is None,
        network=arguments.network,
        data_name=arguments.data_name,
        data_kind=arguments.data_kind,
        seed=arguments.seed,
        resamples=arguments.resamples,
        command=command,
    )


def _range(text: str | None) -> tuple[float, float] | None:
    if text is None or text == "auto":
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low, high = 0.0, 0.0
    if not low < high:
        raise ParametersRefused("--range takes two numbers, the lower first, or auto.")
    return low, high
