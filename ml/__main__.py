"""The pipelines on the command line: ``python -m ml --help``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ml import api
from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled, MlError, ParametersRefused, UnknownPipeline
from ml.contracts.events import Event
from ml.contracts.manifest import Manifest
from ml.contracts.request import ImageInput, RunRequest
from ml.evaluation import command as evaluation
from ml.runtime import parameters, places, registry
from ml.simulate import command as simulation

# What a script can tell from the exit code; anything else that ml refuses ends with 1.
EXIT_CODES = {
    "unknown_pipeline": 2,
    "parameters_refused": 2,
    "input_refused": 3,
    "input_unusual": 3,
    "input_unreadable": 3,
    "weights_missing": 4,
    "weights_digest_mismatch": 4,
    "out_of_memory": 5,
    "time_limit": 6,
    "cancelled": 130,
}


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


class Narrator:
    """Tells a run's events to the person at the terminal, on standard error."""

    def __init__(self) -> None:
        self._streaming = False
        self._sections: set[str] = set()

    def tell(self, event: Event) -> None:
        teller: Callable[[dict[str, Any]], None] | None = getattr(
            self, "_" + event.type.replace(".", "_"), None
        )
        if teller is not None:
            teller(event.data)

    def _step_started(self, data: dict[str, Any]) -> None:
        _say(f"[{data['index'] + 1}/{data['total']}] {data['title']}")

    def _step_progress(self, data: dict[str, Any]) -> None:
        share = "" if data["fraction"] is None else f"{data['fraction']:4.0%} "
        _say(f"      {share}{data.get('note', '')}".rstrip())

    def _step_finished(self, data: dict[str, Any]) -> None:
        _say(f"      done in {data['seconds']:.1f} s")

    def _message_started(self, data: dict[str, Any]) -> None:
        if data["section"] not in self._sections:
            self._sections.add(data["section"])
            _say(f"      {data['section'].upper()}")
        # A sentence that starts once more is written anew.
        _say("\n      ↻ " if self._streaming else "      ", end="")

    def _message_delta(self, data: dict[str, Any]) -> None:
        self._streaming = True
        _say(data["text"], end="")

    def _message_finished(self, data: dict[str, Any]) -> None:
        if not self._streaming:
            _say(data["text"], end="")
        self._streaming = False
        _say("" if data["linked"] else f"  [not linked: {data.get('reason', '')}]")

    def _artifact_ready(self, data: dict[str, Any]) -> None:
        _say(f"      wrote {data['path']}{' (INCOMPLETE)' if data.get('incomplete') else ''}")

    def _log(self, data: dict[str, Any]) -> None:
        _say(f"      {data['level']}: {data['text']}")


def _list() -> int:
    for manifest in api.manifests():
        print(f"{manifest.name}  {manifest.version}  {manifest.title}")
        print(f"    {manifest.summary}")
        for key, spec in manifest.parameters.get("properties", {}).items():
            print(f"    --param {key}=…  {spec.get('description', '')}".rstrip())
    return 0


def _inputs(manifest: Manifest, words: list[str]) -> dict[str, ImageInput]:
    """Paths in the order of the manifest's inputs, or ``name=path`` for one of them.

    Raises:
        ParametersRefused: there are more of them than the pipeline takes.
    """
    names = [spec.name for spec in manifest.inputs]
    found: dict[str, ImageInput] = {}
    for word in words:
        name, separator, rest = word.partition("=")
        free = [one for one in names if one not in found]
        if not (separator and name in free):
            name, rest = next(iter(free), ""), word
        if not name:
            raise ParametersRefused(f"{manifest.name} takes {', '.join(names)}, and no more.")
        path = Path(rest)
        is_dicom = path.is_dir() or path.suffix.lower() == ".dcm"
        found[name] = ImageInput(path=path, kind="dicom" if is_dicom else "nifti")
    return found


def _request(manifest: Manifest, arguments: argparse.Namespace) -> RunRequest:
    inputs = _inputs(manifest, arguments.inputs)
    places_of = " ".join(str(image.path.resolve()) for image in inputs.values())
    return RunRequest(
        pipeline=manifest.name,
        run_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{manifest.name} {places_of}")),
        inputs=inputs,
        out_dir=arguments.out,
        params=parameters.from_text(manifest.parameters, arguments.param),
        seed=arguments.seed,
        override_reason=arguments.override_reason,
    )


def _run(arguments: argparse.Namespace) -> int:
    manifest = registry.manifest_of(arguments.name)
    request = _request(manifest, arguments)
    cancel = CancelToken()

    def stop(_signal: int, _frame: object) -> None:
        _say("\nStopping; what there is so far is kept. Press Ctrl-C again to leave at once.")
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        cancel.cancel()

    signal.signal(signal.SIGINT, stop)
    narrator = Narrator()
    engine = api.open_engine("local", device=arguments.device)
    try:
        for event in engine.run(request, cancel):
            narrator.tell(event)
            if event.type == "result":
                capsule = json.dumps(event.data, indent=2, ensure_ascii=False)
                (request.out_dir / "result.json").write_text(capsule + "\n", encoding="utf-8")
    finally:
        engine.close()
    _say(f"Results are in {arguments.out}")
    return 0


def _prepare(_arguments: argparse.Namespace) -> int:
    from ml.models.smollm2 import weights

    try:
        folder = weights.prepare(places.models_dir())
    except (weights.SourceMissing, weights.ConversionDiffers, OSError) as error:
        _say(f"The language model could not be prepared: {error}")
        return 1
    _say(f"The language model is in {folder}")
    return 0


def _card(arguments: argparse.Namespace) -> int:
    found = api.card_chai(registry.manifest_of(arguments.name))
    as_json = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    print(as_json if arguments.encoding == "json" else api.card_xml(found), end="")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    return evaluation.run(arguments, sys.argv[1:], print, _say)


def _simulate(arguments: argparse.Namespace) -> int:
    for line in simulation.run(arguments):
        print(line)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml", description="Synoptic's pipelines.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="what can be run")
    listing.set_defaults(call=lambda _arguments: _list())
    running = commands.add_parser("run", help="run one pipeline")
    running.add_argument("name", help="a name that `list` shows")
    running.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="a folder of one DICOM series, a DICOM file or a NIfTI file; more than one in the "
        "order of the manifest, or as NAME=PATH",
    )
    running.add_argument("--out", type=Path, required=True, help="folder for the results")
    running.add_argument("--param", action="append", default=[], metavar="KEY=VALUE|@FILE")
    running.add_argument("--seed", type=int, default=0)
    running.add_argument(
        "--override-reason", default="", help="why to take an image that the gate holds back"
    )
    running.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    running.set_defaults(call=_run)
    preparing = commands.add_parser("prepare", help="convert the language model (once)")
    preparing.set_defaults(call=_prepare)
    simulating = commands.add_parser("simulate", help="write a simulated patient, or the samples")
    simulation.add_arguments(simulating)
    simulating.set_defaults(call=_simulate)
    card = commands.add_parser("card", help="a model card in the CHAI layout")
    card.add_argument("name", help="a name that `list` shows")
    card.add_argument("--encoding", choices=("json", "xml"), default="json")
    card.set_defaults(call=_card)
    evaluating = commands.add_parser("evaluate", help="measure predictions against references")
    evaluation.add_arguments(evaluating)
    evaluating.set_defaults(call=_evaluate)
    return parser


def main(words: Iterable[str]) -> int:
    """Run one command; return the exit code. Every foreseen error is one line."""
    arguments = _parser().parse_args(list(words))
    try:
        code: int = arguments.call(arguments)
    except Cancelled:
        _say("Stopped.")
        return EXIT_CODES["cancelled"]
    except UnknownPipeline as error:
        names = ", ".join(manifest.name for manifest in api.manifests())
        _say(f"{error.user_message} There are: {names}.")
        return EXIT_CODES[error.code]
    except MlError as error:
        _say(error.user_message)
        return EXIT_CODES.get(error.code, 1)
    except (OSError, ValueError) as error:
        _say(f"{type(error).__name__}: {error}")
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
