"""What was made of a clip's frames, kept: the dear part of every image-audio variant, done once.

Another sound over the same picture, or another variant with the same eye, encodes nothing.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import nn

from avsl.clip import Clip, FrameSource
from avsl.progress import Progress
from avsl.shots import cut_times
from avsl.variants.keyframes import Features, KeyframeEncoder

BATCH_FRAMES = 8
CUT_SIZE = (64, 48)  # of the grey frames in which cuts are looked for
MOST_BYTES = 400_000_000  # of features kept: a thousand frames of ACL, thousands of a small eye

Encode = Callable[[np.ndarray], Features]  # uint8 (N, H, W, 3) to features of N frames


@dataclass(frozen=True)
class Eye:
    """What turns pixels into features, without anything that hears or that a method learned."""

    how: str  # all that its weights do not tell: sizes, strides, which blocks
    parts: tuple[nn.Module, ...]

    def checksum(self) -> str:
        """Of ``how`` and of the weights, as hex digits."""
        digest = hashlib.sha256(self.how.encode())
        for number, module in enumerate(self.parts):
            for name, value in sorted(module.state_dict().items()):
                digest.update(f"{number} {name} {value.dtype} {tuple(value.shape)}".encode())
                digest.update(value.cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
        return digest.hexdigest()


class FrameFeatures:
    """Features of one clip's frames at given moments, by the key of the eye that made them.

    Only the last clip and moments asked for are kept, and no more than ``most_bytes``; what does
    not fit is encoded again when it is next asked for. For one thread at a time.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.encoded = 0  # frames that an eye looked at, ever
        self._clip: FrameSource | None = None
        self._cuts_s: tuple[float, ...] | None = None
        self._moments = b""  # of what is kept
        self._kept: dict[str, list[Features]] = {}
        self._seconds: dict[str, float] = {}
        self._held_bytes = 0

    def of(
        self, clip: Clip, times_s: np.ndarray, key: str, encode: Encode, progress: Progress
    ) -> Iterator[Features]:
        """Features at ``times_s`` (T,), rising, in batches; frames that show the same share one
        encoding. ``key`` names what ``encode`` does: equal keys, equal features.
        """
        self._turn_to(clip)
        if self._moments != times_s.tobytes():
            self._forget(times_s.tobytes())
        if key in self._kept:
            yield from _told(self._kept[key], len(times_s), progress)
            return
        made: list[Features] = []
        size_bytes, started = 0, time.perf_counter()
        seconds = 0.0
        for features in self._encoded(clip, times_s, encode, progress):
            seconds += time.perf_counter() - started
            size_bytes += features.nbytes
            if self._held_bytes + size_bytes <= self.most_bytes:
                made.append(features)
            else:
                made.clear()
            yield features
            started = time.perf_counter()
        if self._held_bytes + size_bytes <= self.most_bytes:
            self._kept[key], self._seconds[key] = made, seconds
            self._held_bytes += size_bytes

    def _encoded(
        self, clip: Clip, times_s: np.ndarray, encode: Encode, progress: Progress
    ) -> Iterator[Features]:
        encoder, frames, done = KeyframeEncoder(encode), clip.frames_at(times_s), 0
        while batch := list(islice(frames, BATCH_FRAMES)):
            progress(done / len(times_s), "looking at frames")
            before = encoder.encoded
            features = encoder(batch)
            self.encoded += encoder.encoded - before
            done += len(batch)
            yield features

    def seconds(self, key: str) -> float:
        """What it took to make what is kept under ``key``; 0 where nothing is."""
        return self._seconds.get(key, 0.0)

    def cuts_s(self, clip: Clip) -> tuple[float, ...]:
        """When each new shot of the clip begins, in seconds."""
        self._turn_to(clip)
        if self._cuts_s is None:
            self._cuts_s = cut_times(clip.stream(*CUT_SIZE, gray=True))
        return self._cuts_s

    def _turn_to(self, clip: Clip) -> None:
        if self._clip is not clip.source:
            self._clip, self._cuts_s = clip.source, None
            self._forget(b"")

    def _forget(self, moments: bytes) -> None:
        """All features; those to come are of ``moments``."""
        self._moments, self._kept, self._seconds, self._held_bytes = moments, {}, {}, 0


def _told(batches: list[Features], count: int, progress: Progress) -> Iterator[Features]:
    """Each of ``batches``, of ``count`` frames together; in between ``progress`` may stop it."""
    done = 0
    for batch in batches:
        progress(done / count, "going through the frames")
        yield batch
        done += len(batch)
