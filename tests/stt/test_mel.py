"""The features are those of faster-whisper, and nothing of them stays."""

from typing import Any

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from stt.mel import LogMel
from tests.stt.sounds import noise


@pytest.mark.parametrize("bins", [80, 128])
@pytest.mark.parametrize("samples", [160, 501, 16_000, 47_999, 480_000])
def test_the_features_are_those_of_faster_whisper(bins: int, samples: int) -> None:
    extractor: Any = FeatureExtractor(feature_size=bins)
    mel = LogMel(extractor.mel_filters, n_fft=400, hop=160, longest=480_000)
    sound = noise(samples / 16_000, level=3_000)
    mel.compute(noise(30), 3_000)

    heard = samples // 160
    ours = mel.compute(sound, min(3_000, heard + 61))[0]

    theirs = extractor(sound.astype(np.float32) / 32_768)
    assert np.allclose(ours[:, :heard], theirs[:, :heard], atol=1e-5)
    assert not ours[:, heard:].any()


def test_nothing_stays_after_a_wipe() -> None:
    extractor: Any = FeatureExtractor()
    mel = LogMel(extractor.mel_filters, n_fft=400, hop=160, longest=32_000)
    mel.compute(noise(2), 200)

    mel.wipe()

    held: dict[str, Any] = {name: value for name, value in vars(mel).items() if hasattr(value, "fill")}
    left = {name for name, value in held.items() if value.any()}
    assert left == {"_filters", "_window"}


@pytest.mark.parametrize(("samples", "frames"), [(100, 100), (32_160, 3_000), (16_000, 99), (16_000, 202)])
def test_what_does_not_fit_is_refused(samples: int, frames: int) -> None:
    extractor: Any = FeatureExtractor()
    mel = LogMel(extractor.mel_filters, n_fft=400, hop=160, longest=32_000)

    with pytest.raises(ValueError, match="an utterance lasts"):
        mel.compute(np.ones(samples, np.int16), frames)
