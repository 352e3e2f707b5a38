"""Whisper's architecture, small, in plain PyTorch, and its way into a folder that faster-whisper loads.

One thing is not Whisper's: a head that names the phoneme of every 20 ms. espeak-ng knows them, and learning them first
is what makes a few core-hours enough. It is left behind at the export.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from ctranslate2.specs import whisper_spec
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from stt.training.corpus import LANGUAGES
from stt.training.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the model is."""

    tokens: int
    phonemes: int
    width: int = 192
    heads: int = 3
    encoder_layers: int = 3
    decoder_layers: int = 2
    mels: int = 80
    audio_positions: int = 1500
    text_positions: int = 448


class Attention(nn.Module):
    """Attention of *x* to itself, or to *memory*."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.weights: Tensor | None = None

    def _split(self, x: Tensor) -> Tensor:
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, x: Tensor, memory: Tensor | None = None, *, causal: bool = False) -> Tensor:
        """Return what *x* takes from itself or from *memory*, in the shape of *x*."""
        source = x if memory is None else memory
        query, key, value = self._split(self.query(x)), self._split(self.key(source)), self._split(self.value(source))
        if memory is not None and self.training:
            # Training guides these along the utterance, so they must be had, which the fused kernel denies.
            scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
            self.weights = scores.softmax(-1)
            y = self.weights @ value
        else:
            y = functional.scaled_dot_product_attention(query, key, value, is_causal=causal)
        return self.out(y.transpose(1, 2).reshape(x.shape))


class Block(nn.Module):
    """One layer: of the encoder, or with *crossed* of the decoder."""

    def __init__(self, width: int, heads: int, *, crossed: bool) -> None:
        super().__init__()
        self.crossed = crossed
        self.self_norm, self.self_attention = nn.LayerNorm(width), Attention(width, heads)
        if crossed:
            self.cross_norm, self.cross_attention = nn.LayerNorm(width), Attention(width, heads)
        self.feed_norm = nn.LayerNorm(width)
        self.feed_in, self.feed_out = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, memory: Tensor | None = None, *, dropout: float = 0.0) -> Tensor:
        """Return the layer's output for *x*; the decoder's layers listen to *memory*."""

        def dropped(y: Tensor) -> Tensor:
            return functional.dropout(y, dropout, self.training)

        x = x + dropped(self.self_attention(self.self_norm(x), causal=self.crossed))
        if self.crossed:
            x = x + dropped(self.cross_attention(self.cross_norm(x), memory))
        return x + dropped(self.feed_out(functional.gelu(self.feed_in(self.feed_norm(x)))))


def _sinusoids(length: int, width: int) -> Tensor:
    falling = torch.exp(-math.log(10_000) / (width // 2 - 1) * torch.arange(width // 2).float())
    angle = torch.arange(length).float()[:, None] * falling[None]
    return torch.cat([angle.sin(), angle.cos()], 1)


class SmallWhisper(nn.Module):
    """Encoder and decoder."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, heads = shape.width, shape.heads
        self.conv1 = nn.Conv1d(shape.mels, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        # Content must not drown in positions at the start: large convolutions, small sinusoids.
        for conv in (self.conv1, self.conv2):
            nn.init.normal_(conv.weight, std=1.5 * (conv.weight.shape[1] * 3) ** -0.5)
            nn.init.zeros_(conv.bias)
        self.register_buffer("audio_position", 0.1 * _sinusoids(shape.audio_positions, width), persistent=False)
        self.encoder = nn.ModuleList(Block(width, heads, crossed=False) for _ in range(shape.encoder_layers))
        self.encoder_norm = nn.LayerNorm(width)
        self.embedding = nn.Embedding(shape.tokens, width)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.text_position = nn.Parameter(torch.randn(shape.text_positions, width) * 0.01)
        self.decoder = nn.ModuleList(Block(width, heads, crossed=True) for _ in range(shape.decoder_layers))
        self.decoder_norm = nn.LayerNorm(width)
        self.phoneme_head = nn.Linear(width, shape.phonemes)

    def encode(self, mel: Tensor, *, dropout: float = 0.0) -> Tensor:
        """Return [batch, frames / 2, width] of mel[batch, mels, frames]."""
        x = functional.gelu(self.conv2(functional.gelu(self.conv1(mel)))).transpose(1, 2)
        x = x + self.audio_position[: x.shape[1]]
        for block in self.encoder:
            x = block(x, dropout=dropout)
        return self.encoder_norm(x)

    def decode(self, tokens: Tensor, memory: Tensor, *, dropout: float = 0.0) -> Tensor:
        """Return the logits of the token after each."""
        x = self.embedding(tokens) + self.text_position[: tokens.shape[1]]
        for block in self.decoder:
            x = block(x, memory, dropout=dropout)
        return self.decoder_norm(x) @ self.embedding.weight.T

    def cross_attention_weights(self) -> list[Tensor]:
        """Return [batch, heads, tokens, frames / 2] of each decoder layer, as of the last `decode` in training."""
        return [block.cross_attention.weights for block in self.decoder]


@dataclass(frozen=True)
class Checkpoint:
    """A model on its way, with everything that an export needs."""

    model: SmallWhisper
    vocabulary: Vocabulary
    step: int
    optimizer: dict | None = None

    def save(self, path: Path) -> None:
        """Write it, never half."""
        state = {
            "shape": asdict(self.model.shape),
            "weights": self.model.state_dict(),
            "tokenizer": self.vocabulary.tokenizer.to_str(),
            "step": self.step,
            "optimizer": self.optimizer,
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Checkpoint":
        """Read what `save` wrote."""
        state = torch.load(path, weights_only=True)
        model = SmallWhisper(Shape(**state["shape"]))
        model.load_state_dict(state["weights"])
        vocabulary = Vocabulary(Tokenizer.from_str(state["tokenizer"]))
        return cls(model, vocabulary, state["step"], state["optimizer"])


def _array(parameter: Tensor) -> NDArray[np.float32]:
    return parameter.detach().float().numpy().copy()


def _set_linear(spec: object, *layers: nn.Linear) -> None:
    spec.weight = np.concatenate([_array(layer.weight) for layer in layers])
    # Whisper's keys have no bias, but lie in one matrix with queries and values, which have.
    none = np.zeros(layers[0].out_features, np.float32)
    spec.bias = np.concatenate([none if layer.bias is None else _array(layer.bias) for layer in layers])


def _set_norm(spec: object, norm: nn.LayerNorm) -> None:
    spec.gamma, spec.beta = _array(norm.weight), _array(norm.bias)


def _set_block(spec: object, block: Block) -> None:
    own = block.self_attention
    _set_norm(spec.self_attention.layer_norm, block.self_norm)
    _set_linear(spec.self_attention.linear[0], own.query, own.key, own.value)
    _set_linear(spec.self_attention.linear[1], own.out)
    if block.crossed:
        cross = block.cross_attention
        _set_norm(spec.attention.layer_norm, block.cross_norm)
        _set_linear(spec.attention.linear[0], cross.query)
        _set_linear(spec.attention.linear[1], cross.key, cross.value)
        _set_linear(spec.attention.linear[2], cross.out)
    _set_norm(spec.ffn.layer_norm, block.feed_norm)
    _set_linear(spec.ffn.linear_0, block.feed_in)
    _set_linear(spec.ffn.linear_1, block.feed_out)


def export(checkpoint: Checkpoint, folder: Path, *, quantization: str | None = "int8") -> None:
    """Write the five files that `faster_whisper.WhisperModel(folder)` needs, so that it never asks a network."""
    model, vocabulary = checkpoint.model, checkpoint.vocabulary
    shape = model.shape
    spec = whisper_spec.WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    for conv_spec, conv in ((spec.encoder.conv1, model.conv1), (spec.encoder.conv2, model.conv2)):
        conv_spec.weight, conv_spec.bias = _array(conv.weight), _array(conv.bias)
    spec.encoder.position_encodings.encodings = _array(model.audio_position)
    _set_norm(spec.encoder.layer_norm, model.encoder_norm)
    spec.decoder.embeddings.weight = _array(model.embedding.weight)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    spec.decoder.position_encodings.encodings = _array(model.text_position)
    _set_norm(spec.decoder.layer_norm, model.decoder_norm)
    for layers, blocks in ((spec.encoder.layer, model.encoder), (spec.decoder.layer, model.decoder)):
        for layer, block in zip(layers, blocks, strict=True):
            _set_block(layer, block)

    spec.register_vocabulary(vocabulary.tokens)
    spec.config.suppress_ids = []
    # Stock models forbid an empty beginning and lean on the gates; this one has learnt to say nothing.
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [vocabulary.language(language) for language in LANGUAGES]
    spec.config.alignment_heads = [[layer, head] for layer in range(shape.decoder_layers) for head in range(2)]
    spec.validate()
    spec.optimize(quantization=quantization)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    vocabulary.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    front = {"chunk_length": 30, "feature_size": shape.mels, "hop_length": 160, "n_fft": 400, "sampling_rate": 16_000}
    (folder / "preprocessor_config.json").write_text(json.dumps(front) + "\n")
