"""A tiny Llama with random weights and a tokenizer of letters, built in a moment."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from ml.models.smollm2.modeling import Llama, load

ALPHABET = "\n !()*+,-./:;<=>?{}|_≥≤%…" + string.digits + string.ascii_letters


def save_tiny(folder: Path, *, seed: int = 0) -> Path:
    """Write a checkpoint folder as ``python -m ml prepare`` does for the real model."""
    vocabulary = {"</s>": 0, **{letter: n for n, letter in enumerate(ALPHABET, start=1)}}
    inner = Tokenizer(models.WordLevel(vocab=vocabulary, unk_token="</s>"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("."), behavior="isolated")
    inner.decoder = decoders.Fuse()
    wrap: Any = PreTrainedTokenizerFast
    tokenizer = wrap(tokenizer_object=inner, eos_token="</s>")
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=48,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        initializer_range=0.3,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def load_tiny(folder: Path, *, seed: int = 0) -> Llama:
    return load(save_tiny(folder, seed=seed), "cpu")
