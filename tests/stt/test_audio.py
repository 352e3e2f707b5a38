"""The ring: what was written is read back, what was wiped is not."""

import ctypes
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stt.audio import FRAME_SAMPLES, PAUSE_SAMPLES, AudioOverwritten, Joined, Ring, Utterance


def write(ring: Ring, samples: np.ndarray) -> None:
    """Write as libopus does: to an address."""
    data = np.ascontiguousarray(samples, dtype=np.int16)
    ctypes.memmove(ring.tail(), data.ctypes.data, data.nbytes)
    ring.commit(len(data))


def read(ring: Ring, start: int, end: int) -> np.ndarray:
    out = np.zeros(end - start, dtype=np.int16)
    ring.copy_into(start, end, out)
    return out


@given(st.lists(st.sampled_from([40, 80, 160, 320, 640, 960, 1920]), min_size=1, max_size=200), st.data())
def test_whatever_sizes_arrive_the_newest_samples_are_read_back(sizes: list[int], data: st.DataObject) -> None:
    ring = Ring(seconds=0.16)
    sent = (np.arange(sum(sizes)) % 30_000 + 1).astype(np.int16)
    at = 0
    for size in sizes:
        write(ring, sent[at : at + size])
        at += size

    start = data.draw(st.integers(ring.oldest, ring.written))

    assert np.array_equal(read(ring, start, ring.written), sent[start:])


def test_frames_come_out_once_and_aligned_even_from_short_packets() -> None:
    ring = Ring(seconds=1)
    write(ring, np.full(160, 7))
    assert ring.next_frame() is None

    write(ring, np.full(1120, 8))

    assert [ring.next_frame() for _ in range(5)] == [0, 320, 640, 960, None]
    assert ring.view(0, FRAME_SAMPLES)[159:161].tolist() == [7, 8]


def test_older_speech_than_the_ring_holds_is_refused_not_mixed_with_newer() -> None:
    ring = Ring(seconds=0.16)
    write(ring, np.ones(1920))
    write(ring, np.full(1920, 2))

    with pytest.raises(AudioOverwritten):
        read(ring, 0, 320)


def test_a_wiped_stretch_reads_as_zeros_or_not_at_all() -> None:
    ring = Ring(seconds=0.4)
    write(ring, np.full(1920, 3))
    write(ring, np.full(1920, 3))

    Utterance(1, 0.0, 0.1, ring, 1920, 2560).wipe()
    assert not read(ring, 1920, 2560).any()
    assert read(ring, 2560, 3840).all()

    ring.wipe()
    with pytest.raises(AudioOverwritten):
        read(ring, 2560, 3840)
    assert not ring._block.any()


def test_a_wipe_across_the_seam_leaves_nothing_in_the_guard() -> None:
    ring = Ring(seconds=0.16)
    write(ring, np.full(1920, 5))
    write(ring, np.full(1920, 6))

    ring.wipe(ring.oldest, ring.written)

    assert not ring._block.any()


def test_audio_refuses_to_be_pickled_or_printed() -> None:
    ring = Ring(seconds=1)
    write(ring, np.full(1920, 12_345))

    for thing in (ring, Utterance(1, 0.0, 0.1, ring, 0, 320)):
        assert "12345" not in repr(thing)
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def test_frames_after_a_wipe_in_the_middle_of_one_are_aligned_again() -> None:
    ring = Ring(seconds=0.2)
    write(ring, np.ones(480))

    ring.wipe()
    for _ in range(40):
        write(ring, np.full(320, 9))
        at = ring.next_frame()
        assert at is not None
        assert ring.view(at, FRAME_SAMPLES).tolist() == [9] * FRAME_SAMPLES


def test_written_samples_are_read_back_across_the_end_of_the_block() -> None:
    ring = Ring(0.2)
    for value in range(1, 12):
        ring.write(np.full(500, value, np.int16))
    out = np.zeros(1_000, np.int16)

    ring.copy_into(ring.written - 1_000, ring.written, out)

    assert out.tolist() == [10] * 500 + [11] * 500


def test_more_than_the_guard_holds_is_not_written() -> None:
    ring = Ring(0.2)

    with pytest.raises(ValueError, match="1920"):
        ring.write(np.ones(1_921, np.int16))

    assert ring.silent
    assert ring.written == 0


def utterances(ring: Ring, *values: int) -> list[Utterance]:
    """One utterance of 0.1 s for each value, with as much of something else between them."""
    made: list[Utterance] = []
    for value in values:
        start = ring.written
        write(ring, np.full(1_600, value, np.int16))
        made.append(Utterance(1, start / 16_000, ring.written / 16_000, ring, start, ring.written))
        write(ring, np.full(1_600, 9_999, np.int16))
    return made


def test_utterances_that_share_a_window_are_parted_by_silence_and_nothing_else_of_the_ring() -> None:
    parts = utterances(Ring(2.0), 5, 6, 7)
    joined = Joined.of(parts)
    out = np.full(16_000, 1, np.int16)

    assert joined.copy_into(out) == joined.samples == 3 * 1_600 + 2 * PAUSE_SAMPLES
    assert joined.duration_s == joined.samples / 16_000
    assert (joined.start_s, joined.end_s) == (parts[0].start_s, parts[-1].end_s)
    expected = np.concatenate([np.full(1_600, 5), np.zeros(PAUSE_SAMPLES), np.full(1_600, 6), np.zeros(PAUSE_SAMPLES)])
    assert out[: len(expected)].tolist() == expected.tolist()
    assert out[len(expected) : joined.samples].tolist() == [7] * 1_600
    assert out[joined.samples :].tolist() == [1] * (16_000 - joined.samples)


def test_utterances_that_share_a_window_are_overwritten_together() -> None:
    ring = Ring(2.0)
    Joined.of(utterances(ring, 5, 6)).wipe()

    assert set(ring._block.tolist()) == {0, 9_999}


def test_one_part_that_is_gone_is_noticed() -> None:
    ring = Ring(0.4)
    joined = Joined.of(utterances(ring, 5, 6, 7))

    with pytest.raises(AudioOverwritten):
        joined.copy_into(np.zeros(48_000, np.int16))
