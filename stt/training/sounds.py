"""What happens to speech on its way here, and the sounds that are no speech. All float32 at 16 kHz."""

import io
import random

import av
import numpy as np
from numpy.typing import NDArray

from stt.training.voices import RATE_HZ, resampled

Samples = NDArray[np.float32]

_DISCORD_RATE_HZ = 48_000
_ROOM_SAMPLES = 1600


def coloured_noise(count: int, noise: np.random.Generator, tilt: float) -> Samples:
    """Return noise of variance one; *tilt* 0 is white, 1 pink, 2 brown."""
    samples = noise.standard_normal(count).astype(np.float32)
    if tilt:
        spectrum = np.fft.rfft(samples)
        spectrum /= np.arange(1, len(spectrum) + 1) ** (tilt / 2)
        samples = np.fft.irfft(spectrum, count).astype(np.float32)
    return samples / (samples.std() + 1e-9)


def hum(count: int, rng: random.Random) -> Samples:
    """Return mains hum with a few overtones."""
    time_s = np.arange(count) / RATE_HZ
    base_hz = rng.choice((50, 60, 100, 120, 150))
    tones = [rng.random() / (1 + k) * np.sin(2 * np.pi * base_hz * (k + 1) * time_s + rng.random()) for k in range(5)]
    return np.sum(tones, axis=0).astype(np.float32)


def music(count: int, rng: random.Random) -> Samples:
    """Return chords of plucked or held tones."""
    samples = np.zeros(count, np.float32)
    at = 0
    while at < count:
        length = min(count - at, int(rng.uniform(0.15, 1.2) * RATE_HZ))
        time_s = np.arange(length) / RATE_HZ
        decay = np.exp(-time_s * rng.choice((0.3, 2.0, 6.0)))
        for _ in range(rng.randint(1, 4)):
            pitch_hz = 110 * 2 ** (rng.randint(0, 36) / 12)
            for overtone in range(1, rng.randint(2, 5)):
                phase = 2 * np.pi * pitch_hz * overtone * time_s
                samples[at : at + length] += (decay * np.sin(phase) / overtone**1.5).astype(np.float32)
        at += length
    return samples


def clicks(count: int, rng: random.Random, noise: np.random.Generator) -> Samples:
    """Return keystrokes: short bursts, each of its own colour."""
    samples = np.zeros(count, np.float32)
    for _ in range(rng.randint(1, 12)):
        length = min(count - 1, rng.randint(20, 500))
        at = rng.randint(0, count - length - 1)
        burst = coloured_noise(length, noise, rng.choice((0, 1))) * np.exp(-np.linspace(0, 6, length))
        samples[at : at + length] += (rng.uniform(0.2, 1) * burst).astype(np.float32)
    return samples


def breath(count: int, rng: random.Random, noise: np.random.Generator) -> Samples:
    """Return breathing: noise between two frequencies that swells and fades."""
    spectrum = np.fft.rfft(noise.standard_normal(count))
    frequency_hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    middle_hz, width_hz = rng.uniform(400, 2200), rng.uniform(300, 1200)
    spectrum *= np.exp(-0.5 * ((frequency_hz - middle_hz) / width_hz) ** 2)
    samples = np.fft.irfft(spectrum, count)
    swell = np.clip(np.sin(2 * np.pi * rng.uniform(0.2, 0.6) * np.arange(count) / RATE_HZ + rng.uniform(0, 6)), 0, 1)
    return (samples / (samples.std() + 1e-9) * swell**1.5).astype(np.float32)


NOT_SPEECH = ("silence", "noise", "hum", "music", "clicks", "breath")


def not_speech(kind: str, count: int, rng: random.Random, noise: np.random.Generator) -> Samples:
    """Return a sound in which nobody says anything, as loud as chance wants."""
    if kind == "silence":
        return np.zeros(count, np.float32)
    if kind == "noise":
        samples = coloured_noise(count, noise, rng.uniform(0, 2))
    elif kind == "hum":
        samples = hum(count, rng)
    elif kind == "music":
        samples = music(count, rng)
    elif kind == "clicks":
        samples = clicks(count, rng, noise)
    else:
        samples = breath(count, rng, noise)
    floor = coloured_noise(count, noise, 1) * 10 ** (rng.uniform(-60, -20) / 20)
    samples = samples / (np.abs(samples).max() + 1e-9) + (floor if rng.random() < 0.5 else 0)
    return (samples / (np.abs(samples).max() + 1e-9) * 10 ** (rng.uniform(-50, -1) / 20)).astype(np.float32)


def room(samples: Samples, rng: random.Random) -> Samples:
    """Return *samples* with a few early reflections."""
    response = np.zeros(_ROOM_SAMPLES, np.float32)
    response[0] = 1
    for _ in range(rng.randint(3, 10)):
        at = rng.randint(40, _ROOM_SAMPLES - 1)
        response[at] += (rng.random() - 0.5) * 0.5 * np.exp(-at / 800)
    return np.convolve(samples, response)[: len(samples)].astype(np.float32)


def tilted(samples: Samples, amount: float) -> Samples:
    """Return *samples* through another microphone: brighter above zero, duller below."""
    return np.concatenate([samples[:1], samples[1:] - np.float32(amount) * samples[:-1]])


def opus(samples: Samples, kbit_s: int = 64) -> Samples:
    """Return *samples* after a trip through Discord's codec: Opus at 48 kHz."""
    sound = np.clip(resampled(samples, RATE_HZ, _DISCORD_RATE_HZ), -1, 1)
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=_DISCORD_RATE_HZ, layout="mono")
        stream.bit_rate = kbit_s * 1000
        frame = av.AudioFrame.from_ndarray((sound * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = _DISCORD_RATE_HZ
        for part in (frame, None):
            for packet in stream.encode(part):
                container.mux(packet)
    file.seek(0)
    with av.open(file) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        parts = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        parts += resampler.resample(None)
    decoded = np.concatenate([part.to_ndarray().ravel() for part in parts]).astype(np.float32) / 32768
    return np.pad(decoded, (0, max(0, len(samples) - len(decoded))))[: len(samples)]
