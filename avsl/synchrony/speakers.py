"""Who speaks: what the mouths of a clip do, compared with its voice.

The voice is told by its level in a low and a high band, a mouth by how much it moves, how open it
is and how its jaw goes down (see :mod:`avsl.synchrony.faces`). Each pair of these says little;
their mean is what a face adds to the general synchrony of motion and sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d

from avsl.settings import SAMPLE_RATE_HZ
from avsl.synchrony.motion import SERIES_HZ, MouthTrack
from avsl.synchrony.onsets import HOPS_HZ, band_centres_hz, waveform_levels

LOW_HZ, HIGH_HZ = (250.0, 900.0), (2500.0, 7500.0)  # vowels, and what s and t are made of
LEVEL_SMOOTHING_S = 0.02
LEVEL_FLOOR = 1e-3  # of the mean power, added before the logarithm
SPEECH_CHUNK = 512  # samples at 16 kHz of one decision of the speech detector
SPEECH = 0.5  # probability from which it is speech
LEAST_SPEECH = 0.2  # of a window; less of it, and faces say nothing

# cue of a mouth, band of the voice, and the Gaussians (s) whose difference both are filtered with
PAIRS = (
    ("motion", "low", (0.1, 1.0)),
    ("motion", "high", (0.1, 1.0)),
    ("opening", "low", (0.1, 1.0)),
    ("jaw", "high", (0.05, 0.25)),
)
CUES = ("motion", "opening", "jaw")
MOUTH_LAGS = np.arange(-2, 8)  # samples by which the voice may be later than the mouth ...
USUAL_LAG, LAG_WIDTH = 2, 4.0  # ... most likely this, and the less, the farther (Gaussian)
LEAST_SAMPLES = 45  # of a face within a window
NULL_GAP_S = 0.5  # shifts of the voice beyond this are taken for chance
NULL_FLOOR = 0.1  # correlation; added to the deviation under chance

SHARE = 0.5  # of a face's agreement that counts for the confidence of the whole picture ...
WEIGHT = 3.0  # ... and how much of it is added to the score of the blocks at the mouth
MOUTH_SPREAD = (0.5, 0.4)  # of the face's width and height: deviation of the Gaussian added there


@dataclass(frozen=True, eq=False)
class Voice:
    """A voice over N samples at SERIES_HZ."""

    speech: np.ndarray  # (N,) float32: probability that it is speech
    bands: dict[str, np.ndarray]  # "low" and "high": (N,) float32, log power


def hear_voice(waveform: np.ndarray, count: int) -> Voice:
    """The voice in a mono 16 kHz waveform (S,), at ``count`` samples of SERIES_HZ."""
    clock_s = np.arange(count) / SERIES_HZ
    chunks = speech_probability(waveform)
    speech = np.interp(clock_s, np.arange(len(chunks)) * SPEECH_CHUNK / SAMPLE_RATE_HZ, chunks)
    levels = waveform_levels(waveform)
    bands = voice_bands(levels, np.arange(levels.shape[1]) / HOPS_HZ, clock_s)
    return Voice(speech.astype(np.float32), bands)


def voice_bands(
    levels: np.ndarray, hops_s: np.ndarray, clock_s: np.ndarray
) -> dict[str, np.ndarray]:
    """The bands of a :class:`Voice` at ``clock_s`` (N,), from the levels (bands, hops) of a sound
    at ``hops_s`` (hops,), 1 / HOPS_HZ apart.
    """
    centres_hz, bands = band_centres_hz(), {}
    for name, (lowest_hz, highest_hz) in (("low", LOW_HZ), ("high", HIGH_HZ)):
        inside = (centres_hz > lowest_hz) & (centres_hz < highest_hz)
        power = np.square(levels[inside]).mean(axis=0)
        level = np.log(power + LEVEL_FLOOR * power.mean() + 1e-12)
        bands[name] = np.interp(
            clock_s, hops_s, gaussian_filter1d(level, LEVEL_SMOOTHING_S * HOPS_HZ)
        ).astype(np.float32)
    return bands


def speech_probability(waveform: np.ndarray) -> np.ndarray:
    """Of each SPEECH_CHUNK of a mono 16 kHz waveform (S,): float32 (chunks,) in [0, 1]."""
    with _DETECTOR_LOCK, torch.inference_mode():
        detector = _speech_detector()
        detector.reset_states()
        return detector.audio_forward(torch.from_numpy(waveform)[None], SAMPLE_RATE_HZ)[0].numpy()


@dataclass(frozen=True, eq=False)
class SpeechPast:
    """What the speech detector keeps of the sound before a chunk."""

    state: torch.Tensor  # (2, 1, 128) of its LSTM; (0,) at the beginning
    context: torch.Tensor  # (1, 64) samples


NO_PAST = SpeechPast(torch.zeros(0), torch.zeros(1, 64))


def hear_chunk(chunk: np.ndarray, past: SpeechPast) -> tuple[float, SpeechPast]:
    """Probability that a chunk (SPEECH_CHUNK,) of a sound at 16 kHz is speech, and the past of
    the next one. For many sounds at once, since the detector itself keeps nothing.
    """
    with torch.inference_mode():
        samples = torch.cat([past.context, torch.from_numpy(chunk)[None]], dim=1)
        # its network for 16 kHz, which its own forward gives the past that it keeps; silero-vad 6
        probability, state = _speech_detector()._model(samples, past.state)
    return float(probability), SpeechPast(state, samples[:, -past.context.shape[1] :])


_DETECTOR_LOCK = Lock()  # it keeps the past of the sound that it hears


@lru_cache(maxsize=1)
def _speech_detector() -> torch.jit.ScriptModule:
    """Silero VAD (MIT), whose weights come in its wheel."""
    threads = torch.get_num_threads()
    from silero_vad import load_silero_vad  # sets torch to one thread, for all of the process

    torch.set_num_threads(threads)
    return load_silero_vad()


@dataclass(frozen=True, eq=False)
class Speakers:
    """How the mouths of one window of N samples agree with its voice."""

    agreement: np.ndarray  # (N,) float32: of the best mouth, with the voice in place and shifted
    score: np.ndarray  # (h, w) float32: what every mouth adds to the score of its blocks


def compare_mouths(
    tracks: Sequence[MouthTrack],
    voice: Voice,
    window: slice,
    shape: tuple[int, int],
    weights: np.ndarray | None = None,
    lag: int = 0,
) -> Speakers | None:
    """Compare all mouths that are seen in a window of N samples; ``shape`` (h, w) of the score.

    ``weights`` (N,), of mean 1: how much each sample counts. ``lag``: samples by which the picture
    is known to be later than its sound. None where there is too little speech or nobody is seen for
    long enough.
    """
    if (voice.speech[window] > SPEECH).mean() < LEAST_SPEECH:
        return None
    seen = [
        track
        for track in tracks
        if min(window.stop, track.start + len(track.boxes)) - max(window.start, track.start)
        >= LEAST_SAMPLES
    ]
    if not seen:
        return None
    if weights is None:
        weights = np.ones(window.stop - window.start, np.float32)
    agreements = np.stack([_compare_mouth(track, voice, window, weights, lag) for track in seen])
    score = sum(
        max(0.0, agreement[0]) * _place_mouth(track, window, shape, weights)
        for track, agreement in zip(seen, agreements, strict=True)
    )
    return Speakers(SHARE * agreements.max(axis=0), (WEIGHT * score).astype(np.float32))


def _compare_mouth(
    track: MouthTrack, voice: Voice, window: slice, weights: np.ndarray, lag: int
) -> np.ndarray:
    """One mouth, with the voice in place and at every other circular shift: (N,) float32,
    deviations above chance, the mean over PAIRS.
    """
    count = window.stop - window.start
    inside, seen = _overlap(track, window)
    total = np.zeros(count, np.float32)
    for cue, band, widths_s in PAIRS:
        mouth = np.zeros(count)
        moving = _band_passed(track.cues[CUES.index(cue)], widths_s)[inside]
        mouth[seen] = moving - moving.mean()
        sound = _band_passed(voice.bands[band], widths_s)[window]
        total += _deviations(mouth, sound - sound.mean(), weights, lag)
    return total / len(PAIRS)


def _overlap(track: MouthTrack, window: slice) -> tuple[slice, slice]:
    """What they share, as samples of the track and of the window."""
    begin = max(window.start, track.start)
    end = max(begin, min(window.stop, track.start + len(track.boxes)))
    return (
        slice(begin - track.start, end - track.start),
        slice(begin - window.start, end - window.start),
    )


def _band_passed(series: np.ndarray, widths_s: tuple[float, float]) -> np.ndarray:
    fast, slow = (
        gaussian_filter1d(series, width_s * SERIES_HZ, mode="nearest") for width_s in widths_s
    )
    return fast - slow


def _deviations(mouth: np.ndarray, sound: np.ndarray, weights: np.ndarray, lag: int) -> np.ndarray:
    """Of the correlation of two series (N,) of mean 0 at every shift, above those of chance."""
    count = len(mouth)
    mouth, sound = (each / (each.std() + 1e-6) for each in (mouth, sound))
    spectrum = np.fft.rfft(sound * weights).conj() * np.fft.rfft(mouth)
    correlation = np.roll(np.fft.irfft(spectrum, count) / count, -lag)
    likely = np.exp(-0.5 * ((MOUTH_LAGS - USUAL_LAG) / LAG_WIDTH) ** 2)
    best = np.max(
        [w * np.roll(correlation, late) for late, w in zip(MOUTH_LAGS, likely, strict=True)], axis=0
    )
    gap = round(NULL_GAP_S * SERIES_HZ)
    chance = best[gap : count - gap]
    return (best - chance.mean()) / (chance.std() + NULL_FLOOR)


def _place_mouth(
    track: MouthTrack, window: slice, shape: tuple[int, int], weights: np.ndarray
) -> np.ndarray:
    """Where a mouth is in one window: float32 (h, w) of ``shape``, 1 at its middle."""
    inside, seen = _overlap(track, window)
    x0, y0, x1, y1 = np.average(track.boxes[inside], axis=0, weights=weights[seen])
    middle_x, middle_y = np.average(track.mouths[inside], axis=0, weights=weights[seen])
    height, width = shape
    across = (np.arange(width) + 0.5) / width - middle_x
    down = (np.arange(height) + 0.5) / height - middle_y
    across /= MOUTH_SPREAD[0] * (x1 - x0) + 0.5 / width
    down /= MOUTH_SPREAD[1] * (y1 - y0) + 0.5 / height
    return np.exp(-0.5 * (across**2 + down[:, None] ** 2)).astype(np.float32)
