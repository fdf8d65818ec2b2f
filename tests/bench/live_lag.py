"""Synchrony live where camera and microphone disagree about the time, on real clips.

    python -m tests.bench.live_lag ../shared/data/video [--json FILE]

Every action is played twice over as if it were happening now, with pictures whose timestamps are
late or early by some milliseconds: with its own sound, and with the sounds of the other actions.
Rows give, of the audible moments of the second time round, how many pass the gate. Own sounds
should, the others should not.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from avsl.clip import Clip
from avsl.live import LiveSession
from avsl.localization import Verdict
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants.sync import SyncVariant
from tests.bench.sync_accuracy import ACTIONS, _read

LAGS_MS = (-160, -120, -80, -40, 0, 40, 80, 120, 160, 220)
RATE_HZ = 25.0
WIDTH_PX = 320
CHUNK_S = 0.04


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the video folder")
    parser.add_argument("--lags", type=int, nargs="+", default=LAGS_MS, help="milliseconds")
    parser.add_argument("--json", type=Path, help="write every case to this file")
    options = parser.parse_args()
    clips = {name: _read(options.folder, name) for name in ACTIONS}
    cases = []
    print("late ms    own sounds    other sounds")
    for lag_ms in options.lags:
        now = list(_cases(clips, lag_ms))
        cases += now
        shares = [
            np.mean([each["passed"] for each in now if (each["clip"] == each["sound"]) is own])
            for own in (True, False)
        ]
        print(f"{lag_ms:7d}    {100 * shares[0]:8.1f} %    {100 * shares[1]:10.1f} %", flush=True)
    if options.json:
        options.json.write_text(json.dumps(cases, indent=1))


def _cases(clips: dict[str, Clip], lag_ms: int) -> Iterator[dict]:
    names = list(clips)
    for index, name in enumerate(names):
        for sound in (name, *(names[(index + step) % len(names)] for step in (1, 2, 3))):
            passed = _passed(clips[name], clips[sound].waveform, lag_ms / 1000)
            yield {"clip": name, "sound": sound, "late_ms": lag_ms, "passed": passed}


def _passed(clip: Clip, sound: np.ndarray, late_s: float) -> float:
    """Share of the audible moments of the second round in which something is shown."""
    session, sent_s, length_s = LiveSession(SyncVariant()), 0.0, clip.duration_s
    times_s = np.arange(0, length_s, 1 / RATE_HZ)
    pictures = list(clip.frames_at(times_s, WIDTH_PX))
    heard = np.resize(sound, round(2 * length_s * SAMPLE_RATE_HZ))
    shown = []
    for moment, time_s in enumerate(np.concatenate([times_s, times_s + length_s])):
        while sent_s + CHUNK_S <= time_s:
            first = round(sent_s * SAMPLE_RATE_HZ)
            session.hear(10 + sent_s, heard[first : first + round(CHUNK_S * SAMPLE_RATE_HZ)])
            sent_s += CHUNK_S
        session.see(10 + late_s + time_s, pictures[moment % len(times_s)])
        found = session.step()
        if moment >= len(times_s) and found.verdict is not Verdict.SILENT:
            shown.append(found.verdict is Verdict.SOUNDING)
    return float(np.mean(shown)) if shown else 0.0


if __name__ == "__main__":
    main()
