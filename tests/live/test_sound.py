"""The rolling sound: whole whatever the timestamps do, bounded whatever the length."""

import numpy as np
import pytest

from avsl.audio import FLOOR_DBFS
from avsl.errors import SettingError
from avsl.live.sound import JITTER_S, RollingSound
from avsl.settings import SAMPLE_RATE_HZ

BEGIN_S = 5000.0  # a client's clock starts anywhere


def tone(seconds: float) -> np.ndarray:
    clock = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (0.5 * np.sin(2 * np.pi * 440 * clock)).astype(np.float32)


def fed(sound: RollingSound, waveform: np.ndarray, late_s=lambda index: 0.0) -> RollingSound:
    """Chunks of 50 ms, each told to be ``late_s(index)`` later than it is."""
    chunks = np.array_split(waveform, len(waveform) // 800)
    for index, chunk in enumerate(chunks):
        sound.add(BEGIN_S + 0.05 * index + late_s(index), chunk)
    return sound


def test_chunks_become_one_sound():
    sound = fed(RollingSound(3.0), tone(2.0))
    known = sound.now()
    assert np.array_equal(known.samples, tone(2.0))
    assert known.end_s == pytest.approx(BEGIN_S + 2.0)
    assert sound.missing_s == sound.repeated_s == 0


def test_a_gap_is_silence_of_its_length_and_is_counted():
    sound = RollingSound(3.0)
    sound.add(BEGIN_S, tone(0.5))
    sound.add(BEGIN_S + 0.75, tone(0.5))
    samples = sound.now().samples
    assert len(samples) == 1.25 * SAMPLE_RATE_HZ
    assert not samples[8000:12000].any() and np.array_equal(samples[12000:], tone(0.5))
    assert sound.missing_s == pytest.approx(0.25)


def test_what_comes_twice_is_cut_and_counted():
    sound = RollingSound(3.0)
    sound.add(BEGIN_S, tone(1.0))
    sound.add(BEGIN_S + 0.5, tone(1.0))  # half of it was there
    sound.add(BEGIN_S + 0.2, tone(0.3))  # all of it was
    samples = sound.now().samples
    assert len(samples) == 1.5 * SAMPLE_RATE_HZ
    assert np.array_equal(samples[16000:], tone(1.0)[8000:])
    assert sound.repeated_s == pytest.approx(0.8)


def test_timestamps_that_jitter_leave_the_sound_whole():
    rng = np.random.default_rng(0)
    sound = fed(RollingSound(9.0), tone(8.0), lambda index: rng.uniform(-0.015, 0.015))
    assert np.array_equal(sound.now().samples, tone(8.0))
    assert abs(sound.now().end_s - BEGIN_S - 8.0) < 0.02


def test_a_sound_card_that_runs_fast_is_followed_for_minutes():
    drift = 300e-6  # of the client's clock against the samples: 90 ms in five minutes
    sound = RollingSound(1.0)
    for index in range(6000):
        sound.add(BEGIN_S + 0.05 * index * (1 + drift), np.full(800, 0.1, np.float32))
    assert abs(sound.now().end_s - BEGIN_S - 300 * (1 + drift)) < 0.25 * JITTER_S
    assert sound.missing_s == sound.repeated_s == 0


def test_only_the_last_seconds_are_kept():
    sound = fed(RollingSound(1.5), tone(5.0))
    assert np.array_equal(sound.now().samples, tone(5.0)[-24000:])
    sound.add(BEGIN_S + 5.0, tone(20.0))  # longer than all that is kept
    sound.add(BEGIN_S + 4000.0, tone(0.1))  # after a pause of an hour
    known = sound.now()
    assert len(known.samples) == 24000 and not known.samples[:-1600].any()
    assert known.end_s == pytest.approx(BEGIN_S + 4000.1)


def test_the_stretch_before_a_moment():
    known = fed(RollingSound(3.0), tone(2.0)).now()
    assert np.array_equal(known.up_to(BEGIN_S + 1.5, 0.5), tone(2.0)[16000:24000])
    assert np.array_equal(known.up_to(BEGIN_S + 9.0, 0.5), tone(2.0)[-8000:])
    padded = known.up_to(BEGIN_S + 0.25, 0.5)
    assert not padded[:4000].any() and np.array_equal(padded[4000:], tone(2.0)[:4000])


def test_loudness_is_of_now():
    sound = RollingSound(3.0)
    assert sound.now().loudness_dbfs(BEGIN_S) == FLOOR_DBFS
    sound.add(BEGIN_S, tone(1.0))
    assert sound.now().loudness_dbfs(BEGIN_S + 1.0) == pytest.approx(-9.0, abs=0.5)
    assert sound.now().loudness_dbfs(BEGIN_S + 3.0) == FLOOR_DBFS, "the microphone fell silent"
    sound.add(BEGIN_S + 1.0, np.zeros(8000, np.float32))
    assert sound.now().loudness_dbfs(BEGIN_S + 1.5) == FLOOR_DBFS


@pytest.mark.parametrize("samples", [np.zeros((800, 2), np.float32), np.zeros(800, np.int16)])
def test_only_mono_floats_are_sound(samples):
    with pytest.raises(SettingError, match="mono"):
        RollingSound(1.0).add(BEGIN_S, samples)


def test_broken_samples_do_no_harm():
    sound = RollingSound(1.0)
    sound.add(BEGIN_S, np.array([np.nan, np.inf, -9.0, 0.5], np.float32))
    assert np.array_equal(sound.now().samples, np.array([0, 1, -1, 0.5], np.float32))
    sound.add(BEGIN_S, np.empty(0, np.float32))
