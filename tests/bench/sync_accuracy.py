"""How often synchrony finds the source, and how sure it is, on real clips.

    python -m tests.bench.sync_accuracy ../shared/data/video [--json FILE]

**Two tiles.** Two clips play side by side at 30 frames a second, cut to the shorter, with the
sound of one; the tile with the higher block scores is the guess. Every pair is tried with either
sound and either clip on the left. Beside it, of the moments whose confidence reaches the gate, how
many have the peak of the final map in the right tile.

**True against swapped.** Every clip is judged with its own sound, and with the sounds of the other
clips, of ``audio/esc10`` and ``audio`` beside the video folder, and its own shifted in time. Rows
give the share of moments that pass the gate, and the area under the curve (AUC) of the confidence.
Clips weigh alike. A clip of ten seconds has three windows that overlap, so the numbers rest on
the clips, not on the moments. The actions, the wider set and the speakers were all seen when the
method was made, and the gate was set on this very table: none of it is held out.
"""

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import permutations
from pathlib import Path

import av
import numpy as np

from avsl.clip import Clip
from avsl.media import read
from avsl.settings import SAMPLE_RATE_HZ
from avsl.synchrony.correlation import TOP_SHARE
from avsl.variants.sync import SYNC_CARD, Judgements, SyncVariant

ACTIONS = (
    "hammer_video_00323", "foleycrafter_avsync_2", "drum_video_02480", "-Qowmc0P9ic_34000_44000",
    "cough_video_00331", "dog_video_02677", "3qesirWAGt4_20000_30000",
)  # fmt: skip
WIDER = (
    "v_GGSY1Qvo990", "videollama_skateboarding_dog", "-26aVYRtEAc_000030", "mdn_friday",
)  # fmt: skip
SPEAKERS = ("grid_bbaf2n", "grid_lbbc2a")
NOTHING_IN_STEP = (
    "M1pPtg6a_g8_000230", "edObQJBoSPU_000060", "flutter_bee", "mdn_frog", "mdn_stream-of-water",
    "mdn_flower",
)  # fmt: skip  # continuous, off-screen or silent: their own sound should not pass either

TILE_FPS_HZ = 30.0
TILE_HEIGHT = 240
MAP_RATE_HZ = 5.0
OWN_SHIFTS = (0.3, 0.5, 0.7)  # of the duration


@dataclass(frozen=True)
class Tile:
    """One case of the two-tile test."""

    sounding: str
    silent: str
    side: str  # of the sounding clip
    margin: float  # score of the right tile minus that of the other
    moments_shown: int  # whose confidence reaches the gate
    moments_right: int  # of these, with the peak of the map in the right tile


@dataclass(frozen=True)
class Judged:
    """The confidence of one clip with one sound."""

    clip: str
    sound: str
    kind: str  # true, clip, recording or shifted
    confidence: list[float]  # one a moment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the video folder")
    parser.add_argument("--json", type=Path, help="write every case to this file")
    options = parser.parse_args()
    clips = {name: _read(options.folder, name) for name in (*ACTIONS, *WIDER, *SPEAKERS)}
    tiles = [*_all_pairs((*ACTIONS, *WIDER), clips), *_all_pairs(SPEAKERS, clips)]
    print_tiles(tiles)
    others = {name: _read(options.folder, name) for name in NOTHING_IN_STEP}
    judged = list(judge_all(clips, others, recordings(options.folder.parent / "audio")))
    print_confidence(judged)
    if options.json:
        cases = {"tiles": [asdict(t) for t in tiles], "judged": [asdict(j) for j in judged]}
        options.json.write_text(json.dumps(cases, indent=1))


def _read(folder: Path, name: str) -> Clip:
    return read(next(path for path in folder.iterdir() if path.stem == name))


def _all_pairs(names: Iterable[str], clips: dict[str, Clip]) -> list[Tile]:
    return [
        case
        for left, right in permutations(names, 2)
        for case in two_tiles(left, clips[left], right, clips[right])
    ]


def two_tiles(left: str, left_clip: Clip, right: str, right_clip: Clip) -> list[Tile]:
    """Both sounds over one picture of two tiles."""
    duration_s = min(left_clip.duration_s, right_clip.duration_s)
    pictures = [_tile_frames(clip, duration_s) for clip in (left_clip, right_clip)]
    boundary = pictures[0].shape[2] / (pictures[0].shape[2] + pictures[1].shape[2])
    clip = Clip.from_arrays(
        np.concatenate(pictures, axis=2), TILE_FPS_HZ, np.zeros(0, np.float32), SAMPLE_RATE_HZ
    )
    variant = SyncVariant()
    times_s = np.arange(0, duration_s, 1 / MAP_RATE_HZ)
    motion = variant.watch(clip, times_s)
    cases = []
    for side, own in (("left", left_clip), ("right", right_clip)):
        waveform = own.waveform[: round(duration_s * SAMPLE_RATE_HZ)]
        judged = variant.judge(motion, waveform)
        scores = np.mean([result.score for result in judged.results], axis=0)
        edge = round(boundary * scores.shape[1])
        margin = _strength(scores[:, :edge]) - _strength(scores[:, edge:])
        found = variant.draw(motion, judged, times_s)
        shown = found.maps[found.confidence >= SYNC_CARD.confidence_gate]
        peaks = shown.reshape(len(shown), np.prod(shown.shape[1:])).argmax(axis=1) % shown.shape[2]
        in_left = (peaks + 0.5) / shown.shape[2] < boundary
        correct = in_left if side == "left" else ~in_left
        names = (left, right) if side == "left" else (right, left)
        signed = margin if side == "left" else -margin
        cases.append(Tile(*names, side, float(signed), len(shown), int(correct.sum())))
    return cases


def _tile_frames(clip: Clip, duration_s: float) -> np.ndarray:
    return clip.frames(np.arange(0, duration_s, 1 / TILE_FPS_HZ), height=TILE_HEIGHT)


def _strength(scores: np.ndarray) -> float:
    """Mean of a tile's best blocks."""
    return float(np.sort(scores, axis=None)[-round(TOP_SHARE * scores.size) :].mean())


def print_tiles(tiles: list[Tile]) -> None:
    groups = {
        "action pairs": [t for t in tiles if {t.sounding, t.silent} <= set(ACTIONS)],
        "wider pairs": [t for t in tiles if {t.sounding, t.silent} & set(WIDER)],
        "two speakers": [t for t in tiles if t.sounding in SPEAKERS],
    }  # fmt: skip
    print(f"{'two tiles':<24}{'right':>12}{'%':>7}   moments shown, peak in the right tile")
    for name, group in groups.items():
        for side in ("left", "right"):
            cases = [t for t in group if t.side == side]
            right = sum(t.margin > 0 for t in cases)
            shown = sum(t.moments_shown for t in cases)
            inside = sum(t.moments_right for t in cases)
            print(
                f"{name + ', sound ' + side:<24}{right:>6} /{len(cases):>4}"
                f"{100 * right / len(cases):7.1f}   {inside} / {shown}"
                f" = {100 * inside / max(shown, 1):.1f} %"
            )
    wrong = sorted({f"{t.sounding} beside {t.silent}" for t in tiles if t.margin <= 0})
    print("wrong:", "; ".join(wrong) or "none", "\n")


def recordings(folder: Path) -> dict[str, np.ndarray]:
    """Sounds without a picture: name -> mono 16 kHz."""
    paths = sorted([*folder.glob("*.wav"), *folder.glob("esc10/*.ogg")])
    return {path.stem: _decoded(path) for path in paths}


def _decoded(path: Path) -> np.ndarray:
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)
    with av.open(str(path)) as file:
        frames = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in (*frames, *resampler.resample(None))])


def judge_all(
    clips: dict[str, Clip], others: dict[str, Clip], sounds: dict[str, np.ndarray]
) -> Iterable[Judged]:
    """Every clip with its own and with every swapped sound."""
    variant = SyncVariant()
    everyone = {**clips, **others}
    for name, clip in everyone.items():
        times_s = np.arange(0, clip.duration_s, 1 / MAP_RATE_HZ)
        motion = variant.watch(clip, times_s)
        length = len(clip.waveform)
        trials = [("true" if name in clips else "own, no step", name, clip.waveform)]
        trials += [("clip", n, other.waveform) for n, other in everyone.items() if n != name]
        trials += [("recording", n, sound) for n, sound in sounds.items()]
        trials += [
            ("shifted", name, np.roll(clip.waveform, round(share * length))) for share in OWN_SHIFTS
        ]
        for kind, sound, waveform in trials:
            judged = variant.judge(motion, np.resize(waveform, length))
            confidence = [0.0] if judged is None else _each_moment(judged, times_s)
            yield Judged(name, sound, kind, confidence)


def _each_moment(judged: Judgements, times_s: np.ndarray) -> list[float]:
    values = [result.confidence for result in judged.results]
    return np.interp(times_s, judged.windows_s.mean(axis=1), values).round(3).tolist()


def print_confidence(judged: list[Judged]) -> None:
    true = [j for j in judged if j.kind == "true"]
    swapped = [j for j in judged if j.kind in ("clip", "recording", "shifted")]
    print(f"AUC true against swapped, by moments: {auc(true, swapped):.3f}")
    print(f"AUC by clips (median moment):         {auc(_medians(true), _medians(swapped)):.3f}\n")
    gates = (1.5, 2.0, SYNC_CARD.confidence_gate, 3.0)
    print(f"{'passing at gate':<28}" + "".join(f"{gate:8.2f}" for gate in gates) + "      N")
    rows = {
        "true, moments": true,
        "true, actions only": [j for j in true if j.clip in ACTIONS],
        "swapped, moments": swapped,
        "swapped, clips by median": _medians(swapped),
        "swapped: other clips": [j for j in swapped if j.kind == "clip"],
        "swapped: recordings": [j for j in swapped if j.kind == "recording"],
        "swapped: own, shifted": [j for j in swapped if j.kind == "shifted"],
        "own, nothing in step": [j for j in judged if j.kind == "own, no step"],
    }
    for name, row in rows.items():
        shares = "".join(f"{100 * passing(row, gate):8.1f}" for gate in gates)
        print(f"{name:<28}{shares}{len(row):7d}")
    print()
    for case in (j for j in judged if j.kind in ("true", "own, no step")):
        gate = SYNC_CARD.confidence_gate
        print(
            f"{case.clip:<32} median {np.median(case.confidence):6.2f}   "
            f"moments passing {100 * passing([case], gate):5.1f} %"
        )


def passing(cases: list[Judged], gate: float) -> float:
    """Share of moments at or above the gate; cases weigh alike."""
    return float(np.mean([np.mean(np.array(case.confidence) >= gate) for case in cases]))


def auc(true: list[Judged], swapped: list[Judged]) -> float:
    """Chance that a true moment is surer than a swapped one; cases weigh alike."""
    values, weights = _weighted(swapped)
    order = np.argsort(values)
    values, below = values[order], np.concatenate([[0], np.cumsum(weights[order])])
    true_values, true_weights = _weighted(true)
    left, right = (below[np.searchsorted(values, true_values, side)] for side in ("left", "right"))
    return float(true_weights @ (left + right) / 2)


def _weighted(cases: list[Judged]) -> tuple[np.ndarray, np.ndarray]:
    values = np.concatenate([case.confidence for case in cases])
    weights = np.concatenate([np.full(len(c.confidence), 1 / len(c.confidence)) for c in cases])
    return values, weights / len(cases)


def _medians(cases: list[Judged]) -> list[Judged]:
    return [Judged(c.clip, c.sound, c.kind, [float(np.median(c.confidence))]) for c in cases]


if __name__ == "__main__":
    main()
