"""Sounds from small physical models: mono float32 at 16 kHz, peaks at about 1.

Each takes a ``numpy`` generator for what varies from one to the next of its kind.
"""

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from avsl.settings import SAMPLE_RATE_HZ
from avsl.synthetic.motion import Note, swell

RATE = SAMPLE_RATE_HZ
BELL_RATIOS = np.array([0.5, 1.0, 1.19, 1.5, 2.0, 2.51, 2.66, 3.01, 4.17])  # hum, prime, tierce...
BELL_LEVELS = np.array([0.5, 1.0, 0.6, 0.4, 0.8, 0.35, 0.3, 0.3, 0.2])
DRUM_RATIOS = np.array([1.0, 1.59, 2.14, 2.30, 2.65, 2.92])  # modes of a round membrane
DRUM_LEVELS = np.array([1.0, 0.6, 0.4, 0.25, 0.2, 0.15])
VOWELS_HZ = (  # the first three formants
    (730, 1090, 2440),  # as in "father"
    (530, 1840, 2480),  # "bed"
    (390, 1990, 2550),  # "bid"
    (570, 840, 2410),  # "law"
    (440, 1020, 2240),  # "book"
    (660, 1720, 2410),  # "cat"
)
FORMANT_WIDTHS_HZ = (80, 100, 140)


def bell(rng: np.random.Generator, pitch_hz: float) -> np.ndarray:
    """A struck bell, 1.6 s: inharmonic partials, the higher the shorter, and the clapper's tick."""
    t = _seconds(1.6)
    levels = BELL_LEVELS * rng.uniform(0.7, 1.3, len(BELL_LEVELS))
    decays = 0.42 / BELL_RATIOS**0.7
    return _peak_one(_modes(t, pitch_hz * BELL_RATIOS, levels, decays) + 0.5 * _tick(rng, t, 0.004))


def drum(rng: np.random.Generator, pitch_hz: float) -> np.ndarray:
    """A beaten drum, 0.6 s: a membrane whose pitch drops as it settles, and the stick's slap."""
    t = _seconds(0.6)
    settled = t - 0.25 * 0.05 * np.expm1(-t / 0.05)  # starts a quarter higher
    levels = DRUM_LEVELS * rng.uniform(0.7, 1.3, len(DRUM_LEVELS))
    skin = _modes(settled, pitch_hz * DRUM_RATIOS, levels, 0.11 / DRUM_RATIOS**0.5)
    return _peak_one(skin + 1.2 * _tick(rng, t, 0.012))


def thud(rng: np.random.Generator, pitch_hz: float) -> np.ndarray:
    """A rubber ball on wood, 0.35 s: a low thump, its hollow overtone, a soft slap."""
    t = _seconds(0.35)
    tones = _modes(
        t,
        pitch_hz * np.array([1.0, 2.7, 5.1]),
        np.array([1.0, 0.8, 0.5]),
        np.array([0.05, 0.03, 0.02]),
    )
    return _peak_one(tones + 0.5 * _low(_tick(rng, t, 0.01), 2500))


def knock(rng: np.random.Generator, pitch_hz: float) -> np.ndarray:
    """A knuckle on a door, 0.25 s."""
    t = _seconds(0.25)
    ratios = np.array([1.0, 1.8, 3.1, 4.4]) * rng.uniform(0.97, 1.03, 4)
    panel = _modes(t, pitch_hz * ratios, np.array([1.0, 0.7, 0.4, 0.3]), 0.04 / ratios**0.5)
    return _peak_one(panel + 0.6 * _tick(rng, t, 0.004))


def pluck(rng: np.random.Generator, pitch_hz: float) -> np.ndarray:
    """A plucked string, 1.2 s (Karplus and Strong 1983)."""
    period = round(RATE / pitch_hz)
    burst = np.zeros(round(1.2 * RATE))
    burst[:period] = rng.uniform(-1, 1, period)
    loop = np.zeros(period + 2)
    loop[0], loop[-2:] = 1.0, -0.498
    return _peak_one(lfilter([1.0], loop, burst) * np.exp(-_seconds(1.2) / 0.4))


def hoot(rng: np.random.Generator, pitch_hz: float) -> np.ndarray:
    """A short blast of a two-tone horn, about 0.25 s."""
    note = Note(0.0, rng.uniform(0.18, 0.3))
    t = _seconds(note.duration_s)
    tones = sum(np.tanh(3 * np.sin(2 * np.pi * pitch_hz * ratio * t)) for ratio in (1, 1.26))
    return _peak_one(_low(tones, 3500) * _gate(t, note.duration_s))


def chirp(rng: np.random.Generator, note: Note, pitch_hz: float) -> np.ndarray:
    """One syllable of a bird, as long as its note: a whistle that sweeps, with a warble."""
    t = _seconds(note.duration_s)
    u = t / note.duration_s
    sweep = rng.uniform(-0.35, 0.35) * u + 0.12 * np.sin(2 * np.pi * rng.uniform(1, 3) * u)
    phase = 2 * np.pi * np.cumsum(pitch_hz * (1 + sweep)) / RATE
    voice = np.sin(phase) + 0.15 * np.sin(2 * phase)
    return _peak_one(voice) * (note.level * swell(u)).astype(np.float32)


def syllable(rng: np.random.Generator, note: Note, pitch_hz: float) -> np.ndarray:
    """One speech-like syllable, as long as its note: a breath of noise, then a vowel.

    Glottal pulses through three resonators of a random vowel, under the envelope that also
    opens the mouth.
    """
    t = _seconds(note.duration_s)
    u = t / note.duration_s
    phase = np.cumsum(pitch_hz * (1.08 - 0.2 * u) * rng.uniform(0.92, 1.08)) / RATE
    voice = (phase % 1) ** 2 - 1 / 3 + 0.02 * rng.standard_normal(len(t))
    for centre_hz, width_hz in zip(
        VOWELS_HZ[rng.integers(len(VOWELS_HZ))], FORMANT_WIDTHS_HZ, strict=True
    ):
        voice = _resonated(voice, centre_hz, width_hz)
    breath = _high(rng.standard_normal(len(t)), 2500) * np.exp(-t / 0.03)
    sound = _peak_one(voice) + rng.uniform(0.05, 0.25) * _peak_one(breath)
    return (sound * note.level * swell(u)).astype(np.float32)


def room_noise(rng: np.random.Generator, samples: int, level_dbfs: float) -> np.ndarray:
    """Faint noise, stronger at low frequencies: (samples,) with an RMS of ``level_dbfs``."""
    noise = lfilter([1.0], [1.0, -0.9], rng.standard_normal(samples))
    rms = np.sqrt(np.mean(np.square(noise)))
    return (noise * 10 ** (level_dbfs / 20) / rms).astype(np.float32)


def lay(track: np.ndarray, start_s: float, sound: np.ndarray, level: float = 1.0) -> None:
    """Add ``sound`` to ``track`` in place from ``start_s`` on, cut at the track's end."""
    first = round(start_s * RATE)
    room = track[first : first + len(sound)]
    room += level * sound[: len(room)]


def _seconds(duration_s: float) -> np.ndarray:
    return np.arange(round(duration_s * RATE)) / RATE


def _modes(
    t: np.ndarray, rates_hz: np.ndarray, levels: np.ndarray, decays_s: np.ndarray
) -> np.ndarray:
    """A sum of decaying sines (M,) at times (S,); those past 7.5 kHz are left out."""
    kept = rates_hz < 7500
    parts = np.exp(-t / decays_s[kept, None]) * np.sin(2 * np.pi * rates_hz[kept, None] * t)
    return levels[kept] @ parts


def _tick(rng: np.random.Generator, t: np.ndarray, decay_s: float) -> np.ndarray:
    return rng.standard_normal(len(t)) * np.exp(-t / decay_s)


def _gate(t: np.ndarray, duration_s: float) -> np.ndarray:
    """On at once and off at the end, with soft edges of 15 ms."""
    return np.clip(np.minimum(t, duration_s - t) / 0.015, 0, 1)


def _resonated(sound: np.ndarray, centre_hz: float, width_hz: float) -> np.ndarray:
    radius = np.exp(-np.pi * width_hz / RATE)
    cosine = np.cos(2 * np.pi * centre_hz / RATE)
    gain = 1 - 2 * radius * cosine + radius**2
    return lfilter([gain], [1.0, -2 * radius * cosine, radius**2], sound)


def _low(sound: np.ndarray, edge_hz: float) -> np.ndarray:
    return sosfilt(butter(2, edge_hz, fs=RATE, output="sos"), sound)


def _high(sound: np.ndarray, edge_hz: float) -> np.ndarray:
    return sosfilt(butter(2, edge_hz, "high", fs=RATE, output="sos"), sound)


def _peak_one(sound: np.ndarray) -> np.ndarray:
    """``sound`` brought to a peak of 1, its last 10 ms faded so that no cut is heard."""
    fade = round(0.01 * RATE)
    sound = sound / (np.abs(sound).max() + 1e-9)
    sound[-fade:] *= np.linspace(1, 0, fade)
    return sound.astype(np.float32)
