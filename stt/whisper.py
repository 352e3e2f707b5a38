"""Whisper, through faster-whisper and CTranslate2. The only file that imports them.

    int16 samples -> LogMel -> encode -> (detect language) -> generate -> gates -> Words

Not `WhisperModel.transcribe`: that pads everything to 30 s, encodes twice to find the language, tries up to six
temperatures and leaves the features in memory. Its parts are used instead, with a window of our own.

What is overwritten after each utterance: the samples, every array on the way to the features, the features, and the
encoder's output. What cannot be reached: CTranslate2's blocks for the layers in between and the attention's memory,
until the next utterance overwrites them or the process ends (see `stt.worker.WhisperWorker.renew`); and the decoded
text, which Python frees as it likes. On a GPU that holds for everything in its memory.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, cast

import ctranslate2 as untyped
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from stt.audio import RATE_HZ
from stt.engine import NO_HINTS, WINDOWS, EngineUnavailable, Hints, TranscriptionFailed, Window, Words
from stt.gates import NO_SPEECH, SPARE_TOKENS, UNLIKELY, invented, most_tokens, runaway, silent
from stt.layout import FILES, PROPERTIES, VOCABULARIES, read_raw, sha256
from stt.mel import LogMel
from stt.text import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

ctranslate2: Any = untyped

MARGIN_S = 1.3
"""Window beyond the speech where the folder does not say. Source: futo-org/whisper-acft, 64 encoder positions."""

FRAMES_PER_S = 100
"""Source: Radford et al. 2022, section 2.2: a hop of 10 ms."""

LEAST_FRAMES = 100
"""A window is at least 1 s."""

TOGETHER_FRAMES = (500, 1000, 2000)
"""Short windows in a batch: 5, 10 or 20 s, and beyond that all. They depend on the utterance alone, and so do its
words, whoever else is in the batch. Where the model is not sure of a word, a longer window may make it another one."""

PROMPT_TOKENS = 96
"""Longer prompts cost more than they help: 64 tokens add 37 ms to an utterance with the base model."""

SECOND_TEMPERATURE = 0.4
"""One retry: whisper's own ladder of five can take a minute of a core for one cough."""


SURE_S = 3.0
"""An utterance this long says by itself which language it is in, if detection finds it likely enough."""

SHORT_S = 1.0
"""A shorter one never changes the language in which a person is heard."""

LIKELY, VERY_LIKELY = 0.6, 0.9
"""Probability of another language that is evidence in an utterance of `SURE_S`, and in a shorter one."""

TRUSTED = -0.7
"""Mean log-probability from which a short decoding with stock weights is believed, see `Properties.window`."""

ON_GPU = "look whether NVIDIA's driver, cuBLAS 12 and cuDNN 9 are there"
"""Source: CTranslate2's documentation, "Installation"."""

Device = Literal["cpu", "cuda"]
Compute = Literal["int8", "float16", "int8_float16"]


@dataclass(frozen=True, slots=True)
class Properties:
    """What `skillrally.json` says of a model.

    Attributes:
        window: "dynamic" if the model was trained on windows shorter than 30 s; otherwise it must have "full" ones,
            or it repeats itself endlessly. "verified" decodes such a model in a short window first, with a hard cap,
            and again in a full one unless everything about the result is as it should be. Try it with `evaluate`.
        margin_s: Window beyond the speech, unless it is "full".
        languages: Codes that it was made for; empty for all that it has tokens for.
        prompts: Whether it hears better when told what is likely to be said. A model that was not trained with
            prompts hears worse: see `tests/priming.py`.
    """

    window: Window = "full"
    margin_s: float = MARGIN_S
    languages: tuple[str, ...] = ()
    prompts: bool = True


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One decoding of one utterance."""

    text: str
    logprob: float
    no_speech: float
    runaway: bool

    @property
    def silent(self) -> bool:
        return silent(self.text, logprob=self.logprob, no_speech=self.no_speech)

    @property
    def good(self) -> bool:
        return self.silent or (not self.runaway and self.logprob >= UNLIKELY)

    @property
    def trusted(self) -> bool:
        return not self.runaway and bool(self.text) and self.logprob >= TRUSTED and self.no_speech <= NO_SPEECH


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One utterance of a batch.

    Attributes:
        number: Its place in the batch.
        samples: int16[n].
        hints: What is known of it.
        frames: Its window.
        trial: Whether the result must convince, or all is encoded.
    """

    number: int
    samples: NDArray[np.int16] = field(repr=False)
    hints: Hints
    frames: int
    trial: bool

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE_HZ


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How an utterance is to be decoded.

    Attributes:
        hints: As far as the model may know them.
        codes: Languages, the likeliest first.
        seconds: How long it is.
    """

    hints: Hints
    codes: tuple[str, ...]
    seconds: float


class Whisper:
    """A model from a local folder, on one thread of the processor, or on a GPU. Not for use from two threads at once.

    Args:
        folder: As converted for CTranslate2.
        languages: Codes to choose among, or none for all that the model has.
        window: In place of what the folder says, to compare the two; see `Properties`.
        device: Where it computes.
        compute: In which numbers.

    Raises:
        EngineUnavailable: If the folder is incomplete or damaged, or has none of the languages.
    """

    def __init__(
        self,
        folder: Path,
        *,
        languages: Sequence[str] = (),
        window: Window | None = None,
        device: Device = "cpu",
        compute: Compute = "int8",
    ) -> None:
        check_folder(folder)
        self._device = device
        self.properties = read_properties(folder)
        if window is not None:
            self.properties = replace(self.properties, window=window)
        try:
            # One thread: two on one utterance make each decoding step slower, two processes do not.
            self._whisper: Any = WhisperModel(
                str(folder), device=device, compute_type=compute, cpu_threads=1, num_workers=1, local_files_only=True
            )
        except Exception as error:  # noqa: BLE001  CTranslate2 and tokenizers raise what they like
            remedy = "copy it there again" if device == "cpu" else ON_GPU
            msg = f"The speech model in {folder} cannot be loaded ({type(error).__name__}); {remedy}."
            raise EngineUnavailable(msg) from None
        ctranslate2.set_random_seed(0)
        self._model: Any = self._whisper.model
        extractor: Any = self._whisper.feature_extractor
        if extractor.sampling_rate != RATE_HZ or extractor.hop_length * FRAMES_PER_S != RATE_HZ:
            msg = f"The speech model in {folder} wants another sampling rate than 16 kHz; use another one."
            raise EngineUnavailable(msg)
        self._frames: int = extractor.nb_max_frames
        self.longest_samples: int = extractor.n_samples
        self._mel = LogMel(
            extractor.mel_filters, n_fft=extractor.n_fft, hop=extractor.hop_length, longest=self.longest_samples
        )
        self.languages = self._choose_languages(languages, folder)
        self._tokenizers: dict[str, Any] = {}
        self._suppressed: dict[str, list[int]] = {}

    def _choose_languages(self, wanted: Sequence[str], folder: Path) -> tuple[str, ...]:
        supported = set(cast("list[str]", self._whisper.supported_languages))
        known = [
            code
            for code in self.properties.languages or sorted(supported)
            if code in supported and (not self._model.is_multilingual or self._token(f"<|{code}|>") is not None)
        ]
        chosen = tuple(code for code in wanted if code in known) if wanted else tuple(known)
        if not chosen:
            msg = f"The speech model in {folder} knows none of the languages {', '.join(wanted)}; it knows {known}."
            raise EngineUnavailable(msg)
        return chosen

    def warm_up(self) -> None:
        """Recognise one second of faint noise, so that the first utterance is not slower, and the model is proven.

        Raises:
            EngineUnavailable: If the model does not run.
        """
        noise = np.random.default_rng(0).integers(-8, 9, RATE_HZ, dtype=np.int16)
        with self._to_be_proven():
            self.recognise(noise, Hints(language=self.languages[0]))

    def token_s(self) -> float:
        """Measure how long a token takes, in seconds: the share of one in the fewest that any utterance may get.

        Of the longest window, with what goes before the first, so that no decoding to its last token takes longer. Of
        models like `base` and `small` that is 1.4 and 1.5 times what each of a hundred tokens takes.

        Raises:
            EngineUnavailable: If the model does not run.
        """
        with self._to_be_proven():
            language = self.languages[0]
            start = self._start(language, "")
            features = np.zeros((1, self._mel.bins, LEAST_FRAMES), np.float32)
            short = np.asarray(self._model.encode(ctranslate2.StorageView.from_array(features), to_cpu=True))
            # What is in it makes no difference, and encoding that much would take far longer.
            encoding = ctranslate2.StorageView.from_array(
                np.zeros((1, self._frames // 2, short.shape[2]), short.dtype),
            )
            began_s = perf_counter()
            result = self._run(encoding, [start], SPARE_TOKENS, language, endless=True)[0]
            return (perf_counter() - began_s) / len(result.sequences_ids[0])

    @contextmanager
    def _to_be_proven(self) -> Generator[None]:
        """Whatever goes wrong, the model does not run."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  likewise
            remedy = "use another one" if self._device == "cpu" else ON_GPU
            msg = f"The speech model was loaded but does not run ({type(error).__name__}); {remedy}."
            raise EngineUnavailable(msg) from None

    def recognise(self, samples: NDArray[np.int16], hints: Hints = NO_HINTS) -> Words:
        """Say what was said.

        Args:
            samples: int16[n], mono at 16 kHz, from 10 ms to 30 s. Read only.
            hints: What is known of it. Of its prompt, what exceeds `PROMPT_TOKENS` is left out.

        Raises:
            TranscriptionFailed: If the utterance is too long, or the language is not one of `languages`.
        """
        self._check(samples, hints)
        if self.properties.window == "verified" and (frames := self._window(len(samples))) < self._frames:
            words = self._listen(samples, hints, frames, trial=True)
            if words is not None:
                return words
        words = self._listen(samples, hints, None if self.properties.window == "dynamic" else self._frames)
        return words or Words(text="", language=hints.language or self.languages[0], confidence=0.0)

    def recognise_all(self, said: Sequence[tuple[NDArray[np.int16], Hints]]) -> list[Words | Exception]:
        """Say what was said in each of several utterances, which may be of several people.

        Those with windows of the same length are encoded together, and decoded together once, greedily. What that
        leaves in doubt goes on alone, as in `recognise`. Short windows are as long as the next of `TOGETHER_FRAMES`, so
        that more are of the same length. Meant for GPUs: on a processor the first would wait for the last.

        Returns:
            For each, in their order, its words, or what `recognise` would have raised.
        """
        jobs: list[_Job] = []
        results: dict[int, Words | Exception] = {}
        for number, (samples, hints) in enumerate(said):
            try:
                self._check(samples, hints)
            except TranscriptionFailed as failed:
                results[number] = failed.with_traceback(None)
            else:
                jobs.append(_Job(number, samples, hints, *self._together(len(samples))))
        while jobs:
            alike = [job for job in jobs if (job.frames, job.trial) == (jobs[0].frames, jobs[0].trial)]
            jobs = [job for job in jobs if job not in alike]
            found: Sequence[Words | Exception | None]
            try:
                found = self._listen_together(alike)
            except Exception:  # noqa: BLE001  one spoilt it for all, or there is no room for so many
                found = [self._alone(job) for job in alike]
            for job, words in zip(alike, found, strict=True):
                if words is None:
                    jobs.append(replace(job, frames=self._frames, trial=False))
                else:
                    results[job.number] = words
        return [results[number] for number in range(len(said))]

    def _together(self, samples: int) -> tuple[int, bool]:
        """The window of an utterance in a batch, and whether it is a trial."""
        window = self._window(samples)
        frames = min((step for step in TOGETHER_FRAMES if window <= step), default=self._frames)
        return frames, self.properties.window == "verified" and frames < self._frames

    def _alone(self, job: _Job) -> Words | Exception:
        try:
            return self.recognise(job.samples, job.hints)
        except Exception as error:  # noqa: BLE001  it is for whoever asked; its traceback would hold the samples
            return error.with_traceback(None)

    def _listen_together(self, jobs: Sequence[_Job]) -> list[Words | None]:
        """Encode utterances with windows of the same length, and decode each; None for a trial that is not trusted."""
        features = np.zeros((len(jobs), self._mel.bins, jobs[0].frames), np.float32)
        encoding: Any = None
        try:
            for row, job in zip(features, jobs, strict=True):
                row[:] = self._mel.compute(job.samples, job.frames)[0]
            encoding = self._model.encode(ctranslate2.StorageView.from_array(features), to_cpu=True)
            rows = np.asarray(encoding)
            detected = cache(lambda: self._model.detect_language(encoding))

            def language_of(number: int) -> Sequence[tuple[str, float]]:
                return detected()[number]

            wanted = [
                _Wanted(hints, self._candidates(partial(language_of, number), hints, job.seconds), job.seconds)
                for number, job in enumerate(jobs)
                for hints in (self._told(job.hints),)
            ]
            firsts = self._first_attempts(rows, wanted)
            return [
                self._decode(
                    ctranslate2.StorageView.from_array(rows[number : number + 1]),
                    wanted[number],
                    trial=job.trial,
                    first=firsts[number],
                )
                for number, job in enumerate(jobs)
            ]
        finally:
            features.fill(0)
            self._mel.wipe()
            if encoding is not None:
                np.asarray(encoding).fill(0)

    def _check(self, samples: NDArray[np.int16], hints: Hints) -> None:
        if len(samples) > self.longest_samples:
            msg = f"an utterance lasts at most {self.longest_samples / RATE_HZ:g} s"
            raise TranscriptionFailed(msg)
        if hints.language is not None and hints.language not in self.languages:
            msg = "the model was not loaded for this language"
            raise TranscriptionFailed(msg)

    def _listen(
        self, samples: NDArray[np.int16], hints: Hints, frames: int | None, *, trial: bool = False
    ) -> Words | None:
        """Encode *frames* (as many as suit the samples, by default) and decode; None if a *trial* is not trusted."""
        encoding: Any = None
        try:
            features = self._mel.compute(samples, frames or self._window(len(samples)))
            encoding = self._model.encode(ctranslate2.StorageView.from_array(features), to_cpu=True)
            hints, seconds = self._told(hints), len(samples) / RATE_HZ
            codes = self._candidates(lambda: self._model.detect_language(encoding)[0], hints, seconds)
            return self._decode(encoding, _Wanted(hints, codes, seconds), trial=trial)
        finally:
            self._mel.wipe()
            if encoding is not None:
                np.asarray(encoding).fill(0)

    def _window(self, samples: int) -> int:
        """How many frames the window has: all, or the speech and a margin. Even, for the encoder's stride of 2."""
        if self.properties.window == "full":
            return self._frames
        speech_s = samples / RATE_HZ
        wanted = max(LEAST_FRAMES, math.ceil((speech_s + self.properties.margin_s) * FRAMES_PER_S))
        return min(self._frames, wanted + wanted % 2)

    def _told(self, hints: Hints) -> Hints:
        """What the model is told of them."""
        return hints if self.properties.prompts else replace(hints, prompt="")

    def _likely(self, found: Sequence[tuple[str, float]]) -> tuple[str, float]:
        """The likeliest of the allowed languages, and its probability among them."""
        allowed = [(token[2:-2], probability) for token, probability in found if token[2:-2] in self.languages]
        total = sum(probability for _, probability in allowed)
        if not total:
            return self.languages[0], 0.0
        code, probability = max(allowed, key=lambda pair: pair[1])
        return code, probability / total

    def _candidates(
        self, detect: Callable[[], Sequence[tuple[str, float]]], hints: Hints, seconds: float
    ) -> tuple[str, ...]:
        """The language to decode in; two if a person may have changed hers. Asks for detection only if it must."""
        if hints.language is not None:
            return (hints.language,)
        if len(self.languages) == 1:
            return (self.languages[0],)
        usual = hints.usual if hints.usual in self.languages else None
        if usual and seconds < SHORT_S:
            return (usual,)
        code, probability = self._likely(detect())
        if usual is None or code == usual:
            return (code,)
        if probability < (LIKELY if seconds >= SURE_S else VERY_LIKELY):
            return (usual,)
        return (code, usual)

    def _decode(
        self, encoding: Any, wanted: _Wanted, *, trial: bool = False, first: _Attempt | None = None
    ) -> Words | None:
        """Words in the likeliest language, in the first of which an attempt may have been made already."""
        hints, seconds = wanted.hints, wanted.seconds
        # Detection alone is often sure of the wrong language. Words in the right one are more likely, too.
        again = hints.thorough and not trial
        language, best = max(
            (
                (code, self._attempts(encoding, code, hints, seconds, again=again, first=None if place else first))
                for place, code in enumerate(wanted.codes)
            ),
            key=lambda pair: (not pair[1].runaway, pair[1].logprob),
        )
        if trial and not best.trusted:
            return None
        if hints.prompt and best.no_speech > NO_SPEECH and not best.silent:
            # A prompt can be read back into silence. What is left without it was heard.
            best = self._attempts(encoding, language, replace(hints, prompt=""), seconds, again=hints.thorough)
        text = readable(best.text, language)
        if best.silent or not text or invented(text, no_speech=best.no_speech, seconds=seconds):
            return Words(text="", language=language, confidence=0.0)
        confidence = min(1.0, math.exp(best.logprob))
        return Words(text=text, language=language, confidence=confidence / 2 if best.runaway else confidence)

    def _attempts(
        self,
        encoding: Any,
        language: str,
        hints: Hints,
        seconds: float,
        *,
        again: bool,
        first: _Attempt | None = None,
    ) -> _Attempt:
        """Greedy; if that is doubtful, and there is time, sampled once; the better of the two."""
        first = first or self._generate(encoding, language, hints.prompt, seconds, temperature=0.0)
        if first.good or not again:
            return first
        second = self._generate(encoding, language, hints.prompt, seconds, temperature=SECOND_TEMPERATURE)
        return max(first, second, key=lambda a: (not a.runaway, a.logprob))

    def _generate(self, encoding: Any, language: str, prompt: str, seconds: float, *, temperature: float) -> _Attempt:
        start = self._start(language, prompt)
        cap = self._cap(language, seconds, len(start))
        return self._attempt(self._run(encoding, [start], cap, language, temperature=temperature)[0], language, cap)

    def _first_attempts(self, rows: NDArray[Any], wanted: Sequence[_Wanted]) -> list[_Attempt | None]:
        """Greedy decodings of several encodings, each in its first language.

        None for one that said as much as it may: alone it would have been stopped there.
        """
        starts = [self._start(each.codes[0], each.hints.prompt) for each in wanted]
        # CTranslate2 wants the start of the transcript at the same place in all.
        kinds = [
            (len(start), tuple(self._suppressed[each.codes[0]])) for start, each in zip(starts, wanted, strict=True)
        ]
        attempts: list[_Attempt | None] = [None] * len(wanted)
        for kind in sorted(set(kinds)):
            numbers = [number for number, each in enumerate(kinds) if each == kind]
            caps = [self._cap(wanted[number].codes[0], wanted[number].seconds, kind[0]) for number in numbers]
            part = rows if len(numbers) == len(rows) else rows[numbers]
            try:
                encoding = ctranslate2.StorageView.from_array(part)
                language = wanted[numbers[0]].codes[0]
                results = self._run(encoding, [starts[number] for number in numbers], max(caps), language)
            finally:
                if part is not rows:
                    part.fill(0)
            for number, result, cap in zip(numbers, results, caps, strict=True):
                if len(result.sequences_ids[0]) < cap:
                    attempts[number] = self._attempt(result, wanted[number].codes[0], cap)
        return attempts

    def _start(self, language: str, prompt: str) -> list[int]:
        """What stands before the words."""
        tokenizer = self._tokenizer(language)
        previous: list[int] = tokenizer.encode(" " + prompt.strip())[:PROMPT_TOKENS] if prompt.strip() else []
        return self._whisper.get_prompt(tokenizer, previous, without_timestamps=True)

    def _cap(self, language: str, seconds: float, started: int) -> int:
        """How many tokens are said at most, after so many that stand before them."""
        # CTranslate2 allows min(max_length / 2, max_length - len(prompt)) new tokens.
        return min(most_tokens(language, seconds), self._whisper.max_length - started)

    def _run(
        self,
        encoding: Any,
        starts: Sequence[list[int]],
        cap: int,
        language: str,
        *,
        temperature: float = 0.0,
        endless: bool = False,
    ) -> list[Any]:
        """Decode; as many results as *starts*. If *endless*, none ends before *cap*."""
        suppressed = self._suppressed[language]
        sampling = {"sampling_topk": 0, "sampling_temperature": temperature} if temperature else {}
        results: list[Any] = self._model.generate(
            encoding,
            starts,
            beam_size=1,
            max_length=max(2 * cap, cap + len(starts[0])),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=[*suppressed, self._tokenizer(language).eot] if endless else suppressed,
            **sampling,
        )
        return results

    def _attempt(self, result: Any, language: str, cap: int) -> _Attempt:
        tokens: list[int] = result.sequences_ids[0]
        text = str(self._tokenizer(language).decode(tokens)).strip()
        # The score is a mean over the tokens; faster-whisper counts the end as one more.
        logprob = float(result.scores[0]) * len(tokens) / (len(tokens) + 1)
        return _Attempt(
            text=text,
            logprob=logprob,
            no_speech=float(result.no_speech_prob),
            runaway=len(tokens) >= cap or runaway(text),
        )

    def _tokenizer(self, language: str) -> Any:
        tokenizer = self._tokenizers.get(language)
        if tokenizer is None:
            multilingual: bool = self._model.is_multilingual
            tokenizer = Tokenizer(self._whisper.hf_tokenizer, multilingual, task="transcribe", language=language)
            self._tokenizers[language] = tokenizer
            self._suppressed[language] = self._suppress(tokenizer)
        return tokenizer

    @staticmethod
    def _suppress(tokenizer: Any) -> list[int]:
        """What faster-whisper suppresses by default; tokens that a small model lacks are left out."""
        special = (
            tokenizer.transcribe,
            tokenizer.translate,
            tokenizer.sot,
            tokenizer.sot_prev,
            tokenizer.sot_lm,
            tokenizer.no_speech,
        )
        return sorted({*tokenizer.non_speech_tokens, *special} - {None})

    def _token(self, text: str) -> int | None:
        token: int | None = self._whisper.hf_tokenizer.token_to_id(text)
        return token


def gpus() -> int:
    """How many GPUs this process could compute on."""
    return int(ctranslate2.get_cuda_device_count())


def check_folder(folder: Path) -> None:
    """See that everything is there which loading needs, so that nothing is asked of the network.

    Raises:
        EngineUnavailable: If a file is missing, or differs from what `skillrally.json` says it should be.
    """
    if not folder.is_dir():
        msg = f"There is no speech model at {folder}: put one there, or change the setting."
        raise EngineUnavailable(msg)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in VOCABULARIES):
        missing.append("vocabulary.json")
    if missing:
        msg = f"The speech model in {folder} is incomplete: {', '.join(missing)} is missing; copy it there again."
        raise EngineUnavailable(msg)
    for name, digest in _digests(folder).items():
        file = folder / name
        if not file.is_file() or sha256(file) != digest:
            msg = f"The speech model in {folder} is damaged: {name} is not the file it should be; copy it there again."
            raise EngineUnavailable(msg)


def read_properties(folder: Path) -> Properties:
    """What `skillrally.json` says; without it, what is safe for any model.

    Raises:
        EngineUnavailable: If the file cannot be understood.
    """
    raw = read_raw(folder)
    window, margin_s, languages = raw.get("window", "full"), raw.get("margin_s", MARGIN_S), raw.get("languages", ())
    prompts = raw.get("prompts", True)
    if (
        window not in WINDOWS
        or not isinstance(margin_s, int | float)
        or not 0 <= margin_s <= 30
        or not isinstance(languages, list | tuple)
        or not isinstance(prompts, bool)
    ):
        msg = (
            f"{folder / PROPERTIES} cannot be understood: window, margin_s, languages or prompts is not what it "
            "should be."
        )
        raise EngineUnavailable(msg)
    codes = tuple(str(code) for code in cast("Sequence[object]", languages))
    return Properties(window=window, margin_s=float(margin_s), languages=codes, prompts=prompts)


def _digests(folder: Path) -> dict[str, str]:
    raw = read_raw(folder).get("sha256", {})
    return cast("dict[str, str]", raw) if isinstance(raw, dict) else {}
