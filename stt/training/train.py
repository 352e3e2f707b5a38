"""The training: by steps, never by minutes, so that it can be repeated on a machine of another speed.

Four things make it short. The encoder is taught which phoneme sounds when, since espeak-ng knows. The decoder's
cross-attention is pulled towards the place where each token is said. What it finds there must name the token without
help from the tokens before. And short recordings come first.
"""

# ruff: noqa: S311 - repeatable randomness is the point.

import logging
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, distributed, multiprocessing
from torch.nn import functional

from stt.training.corpus import LANGUAGES, WORDS, sentence
from stt.training.features import MELS, Example, read_corpus
from stt.training.model import Checkpoint, Shape, SmallWhisper
from stt.training.vocabulary import Vocabulary, build_vocabulary

log = logging.getLogger(__name__)

SEED = 7
PROCESSES = 2
"""A part of the recipe: each takes its own examples, and a step averages what they found."""
_IGNORED = -100
_LEARNING_RATE, _LOWEST_RATE, _WARM_UP_STEPS, _FALLING_SHARE = 1e-3, 1e-5, 150, 0.3
_POOL, _BATCH_FRAMES = 640, 3000
_LONG_FROM = 0.7
_CHECKPOINT_STEPS = 250
_GARBLED, _GARBLED_FROM, _GARBLED_UNTIL = 0.2, 0.22, 0.8
_SILENCE, _RARE = 0, 1
_FRAME_S, _PHONEME_S = 0.01, 0.02
_GUIDE_WIDTH_S = 0.3
_LATEST_FIRST_TIME_S = 1.0
"""Whisper refuses a first time later than this."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples side by side.

    Attributes:
        mel: [batch, mels, frames].
        tokens: [batch, tokens], what the decoder reads.
        labels: [batch, tokens], what it shall say next, or -100.
        said_at_s: [batch, tokens], when the label is said, or -1.
        phonemes: [batch, frames / 2], or -100 beyond the end.
    """

    mel: Tensor
    tokens: Tensor
    labels: Tensor
    said_at_s: Tensor
    phonemes: Tensor


class Collator:
    """Examples -> `Batch`, with everything that chance adds."""

    def __init__(self, vocabulary: Vocabulary, phonemes: dict[str, int]) -> None:
        self._vocabulary = vocabulary
        self._phonemes = phonemes

    def _prompt(self, rng: random.Random) -> list[int]:
        """Earlier text, hot words or anything at all: whatever stands in front must not disturb."""
        vocabulary, language = self._vocabulary, rng.choices(LANGUAGES, (4, 1, 1))[0]
        kind = rng.random()
        if kind < 0.4:
            tokens = vocabulary.encode("".join(f" {sentence(rng, language)}" for _ in range(rng.randint(1, 5))))
        elif kind < 0.75:
            tokens = vocabulary.encode(" " + ", ".join(rng.choices(WORDS[language], k=rng.randint(1, 20))))
        else:
            tokens = rng.choices(range(vocabulary.end - 1), k=rng.randint(1, 60))
        return [vocabulary.previous, *tokens[-80:]]

    def _garbled(self, text: list[int], rng: random.Random, share: float) -> list[int]:
        """Wrong words before a word make it worthless to guess from them: what is left is to listen."""
        if not share:
            return text
        return [rng.randrange(self._vocabulary.end - 1) if rng.random() < share else token for token in text]

    def _transcript(
        self, example: Example, rng: random.Random, garbled: float
    ) -> tuple[list[int], list[int], list[float]]:
        vocabulary = self._vocabulary
        text: list[int] = []
        said_at_s: list[float] = []
        for start_s, end_s, sentence_text in example.sentences:
            tokens = vocabulary.encode(f" {sentence_text}")
            ends = np.cumsum([len(vocabulary.tokenizer.id_to_token(token)) for token in tokens])
            middles = (ends + np.concatenate([[0], ends[:-1]])) / 2 / ends[-1]
            text += tokens
            said_at_s += [start_s + share * (end_s - start_s) for share in middles]

        prompt = self._prompt(rng) if rng.random() < 0.15 else []
        language = vocabulary.language(example.language)
        read = [*prompt, vocabulary.start, language, vocabulary.transcribe]
        say = [_IGNORED] * len(prompt) + [language if text else vocabulary.no_speech, _IGNORED]
        if rng.random() < 0.2:  # with times
            first_s = min(_LATEST_FIRST_TIME_S, example.sentences[0][0]) if text else 0.0
            times = [vocabulary.time(first_s)] + ([vocabulary.time(example.sentences[-1][1])] if text else [])
            say += [times[0], *text, *times[1:], vocabulary.end]
            read += [times[0], *self._garbled(text, rng, garbled), *times[1:]]
        else:
            say += [_IGNORED, *text, vocabulary.end]
            read += [vocabulary.no_times, *self._garbled(text, rng, garbled)]
        at = [-1.0] * len(say)
        if text:
            first = say.index(text[0], len(prompt) + 2)
            at[first : first + len(text)] = said_at_s
        return read, say, at

    def _phoneme_labels(self, example: Example, count: int) -> np.ndarray:
        labels = np.full(count, _SILENCE)
        events = example.phonemes
        ends = [at for at, _ in events[1:]] + [end_s for _, end_s, _ in example.sentences[-1:]]
        for (start_s, name), stop_s in zip(events, ends, strict=True):
            label = self._phonemes.get(name, _RARE) if name.strip("_:;") else _SILENCE
            labels[round(start_s / _PHONEME_S) : round(stop_s / _PHONEME_S)] = label
        return labels

    @staticmethod
    def _masked(mel: np.ndarray, rng: random.Random) -> np.ndarray:
        """SpecAugment (Park et al. 2019), with small masks: there are only a few hundred words."""
        mean = mel.mean()
        for _ in range(2):
            bands = rng.randint(0, 10)
            low = rng.randint(0, MELS - 1 - bands)
            mel[low : low + bands] = mean
            frames = rng.randint(0, min(12, mel.shape[1] // 8))
            at = rng.randint(0, mel.shape[1] - frames)
            mel[:, at : at + frames] = mean
        return mel

    def __call__(
        self, examples: list[Example], rng: random.Random, *, garbled: float, padded_to: int | None = None
    ) -> Batch:
        """Return one batch; zeros follow the recordings, as in faster-whisper, and sometimes silence before those."""
        frames = max(example.frames for example in examples)
        frames = max(padded_to or 0, frames + rng.choice((0, 0, 0, 40, 120)))
        frames += frames % 2
        transcripts = [self._transcript(example, rng, garbled) for example in examples]
        length = max(len(read) for read, _, _ in transcripts)
        mel = np.zeros((len(examples), MELS, frames), np.float32)
        tokens = np.full((len(examples), length), self._vocabulary.end)
        labels = np.full((len(examples), length), _IGNORED)
        said_at_s = np.full((len(examples), length), -1.0, np.float32)
        phonemes = np.full((len(examples), frames // 2), _IGNORED)
        for row, (example, (read, say, at)) in enumerate(zip(examples, transcripts, strict=True)):
            own = np.array(example.mel, np.float32).T
            if rng.random() < 0.2:
                mel[row, :, : rng.randint(example.frames, frames)] = own.min()
            mel[row, :, : example.frames] = self._masked(own, rng) if rng.random() < 0.5 else own
            tokens[row, : len(read)], labels[row, : len(say)], said_at_s[row, : len(at)] = read, say, at
            heard = (example.frames + 1) // 2
            phonemes[row, :heard] = self._phoneme_labels(example, heard)
        return Batch(*(torch.from_numpy(array) for array in (mel, tokens, labels, said_at_s, phonemes)))


def phoneme_table(examples: list[Example]) -> dict[str, int]:
    """Return a label for every phoneme that is common enough to be learnt."""
    counts = Counter(name for example in examples for _, name in example.phonemes)
    common = sorted(name for name, count in counts.items() if count >= 100 and name.strip("_:;"))
    return {name: label for label, name in enumerate(common, start=_RARE + 1)}


def _batches(examples: list[Example], collate: Collator, *, rank: int, first_step: int, steps: int) -> Iterator[Batch]:
    step = first_step
    while step < steps:
        # Seeded by the step, so that a run continued from a checkpoint is as repeatable as one in a piece.
        rng = random.Random(f"{SEED} pool {step} {rank}")
        progress = step / steps
        longest = 260 if progress < 0.06 else 450 if progress < _LONG_FROM else 2000
        garbled = _GARBLED if _GARBLED_FROM <= progress < _GARBLED_UNTIL else 0.0
        fitting = [example for example in examples if example.frames < longest]
        pool = rng.sample(fitting, min(_POOL, len(fitting)))
        if progress >= _LONG_FROM:
            # Several sentences in a row are the hardest, and too rare in the corpus.
            several = [example for example in fitting if len(example.sentences) > 1]
            pool[: _POOL // 3] = rng.sample(several, min(_POOL // 3, len(several)))
        groups: list[list[Example]] = [[]]
        for example in sorted(pool, key=lambda example: example.frames):
            if groups[-1] and (len(groups[-1]) + 1) * example.frames > _BATCH_FRAMES:
                groups.append([])
            groups[-1].append(example)
        rng.shuffle(groups)
        for group in groups[: steps - step]:
            # The same choice in every process, since all wait for the slowest.
            shared = random.Random(f"{SEED} window {step}")
            if progress > 0.3 and shared.random() < 0.04:
                yield collate(group[:4], rng, garbled=garbled, padded_to=shared.choice((1000, 1500, 3000, 3000)))
            else:
                yield collate(group, rng, garbled=garbled)
            step += 1


def _loss(model: SmallWhisper, batch: Batch, progress: float) -> tuple[Tensor, dict[str, float]]:
    memory = model.encode(batch.mel)
    logits = model.decode(batch.tokens, memory, dropout=0.05)
    words = functional.cross_entropy(
        logits.flatten(0, 1), batch.labels.flatten(), ignore_index=_IGNORED, label_smoothing=0.05
    )
    sounding = model.phoneme_head(memory)
    phonemes = functional.cross_entropy(sounding.flatten(0, 1), batch.phonemes.flatten(), ignore_index=_IGNORED)
    loss = words + (1.0 if progress < 0.6 else 0.4) * phonemes

    at_s = (torch.arange(memory.shape[1]) + 0.5) * 2 * _FRAME_S
    away = 1 - torch.exp(-((at_s - batch.said_at_s[..., None]) ** 2) / (2 * _GUIDE_WIDTH_S**2))
    said = (batch.said_at_s >= 0).float()
    layers = model.cross_attention_weights()
    for weights in layers:
        # Two heads follow the speech; the others stay free to look elsewhere.
        strayed = (weights[:, :2].mean(1) * away).sum(-1)
        guide = (strayed * said).sum() / said.sum().clamp(min=1) / len(layers)
        loss = loss + max(0.4, 1.5 * (1 - 2 * progress)) * guide

    # What these heads bring must name the word by itself, without the words before it.
    brought = torch.stack([weights[:, :2].mean(1) for weights in layers]).mean(0) @ memory
    spoken = said.bool()
    named = brought[spoken] @ model.embedding.weight.T
    # The sum and not the mean, which is no number where nobody speaks in the whole batch.
    heard = functional.cross_entropy(named, batch.labels[spoken], reduction="sum") / spoken.sum().clamp(min=1)
    loss = loss + (0.5 if progress < 0.8 else 0.2) * heard

    right = (logits.argmax(-1) == batch.labels)[said.bool()].float().mean().nan_to_num(0)
    return loss, {"words": words.item(), "phonemes": phonemes.item(), "heard": heard.item(), "right": right.item()}


def _average(model: SmallWhisper) -> None:
    gradients = [parameter.grad for parameter in model.parameters()]
    together = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(together)
    together /= PROCESSES
    for gradient, averaged in zip(gradients, together.split([one.numel() for one in gradients]), strict=True):
        gradient.copy_(averaged.view_as(gradient))


def _steps(rank: int, folder: Path, path: Path, steps: int, meeting: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    # With one thread each, two processes wait for each other once per step, and not at each of a hundred operations.
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=PROCESSES)
    examples = read_corpus(folder)
    table = phoneme_table(examples)
    torch.manual_seed(SEED)
    if path.exists():
        checkpoint = Checkpoint.load(path)
    else:
        vocabulary = build_vocabulary()
        shape = Shape(tokens=len(vocabulary.tokens), phonemes=len(table) + _RARE + 1)
        checkpoint = Checkpoint(SmallWhisper(shape), vocabulary, 0)
    model, vocabulary, first_step = checkpoint.model.train(), checkpoint.vocabulary, checkpoint.step
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.02)
    if checkpoint.optimizer:
        optimizer.load_state_dict(checkpoint.optimizer)
    torch.manual_seed(SEED + 1 + rank + PROCESSES * first_step)

    seen: list[dict[str, float]] = []
    batches = _batches(examples, Collator(vocabulary, table), rank=rank, first_step=first_step, steps=steps)
    for step, batch in enumerate(batches, start=first_step):
        progress = step / steps
        rate = _LEARNING_RATE * min(1, (step + 1) / _WARM_UP_STEPS, (1 - progress) / _FALLING_SHARE)
        for group in optimizer.param_groups:
            group["lr"] = max(rate, _LOWEST_RATE)
        loss, measures = _loss(model, batch, progress)
        optimizer.zero_grad()
        loss.backward()
        _average(model)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen.append(measures)
        done = step + 1
        if rank == 0 and done % 50 == 0:
            means = {name: round(float(np.mean([one[name] for one in seen])), 3) for name in measures}
            log.info("step %d of %d: %s", done, steps, means)
            seen.clear()
        if rank == 0 and (done % _CHECKPOINT_STEPS == 0 or done == steps):
            Checkpoint(model, vocabulary, done, optimizer.state_dict()).save(path)
    distributed.destroy_process_group()


def train(folder: Path, path: Path, *, steps: int) -> None:
    """Train on the corpus in *folder* until *steps* steps are done in all, from the checkpoint at *path* if there."""
    with tempfile.TemporaryDirectory() as meeting:
        multiprocessing.spawn(_steps, (folder, path, steps, f"{meeting}/meeting"), nprocs=PROCESSES)
