"""Faces that are followed through a clip, and what their mouths do.

A mouth tells of speech by how much it moves, how open it is and how the jaw goes down, each after
the head's own motion is taken away.
"""

from bisect import bisect_left
from dataclasses import dataclass, field

import cv2
import numpy as np

from avsl.models.mtcnn import load_face_detector
from avsl.synchrony.motion import MIN_FRAME_GAP_S, MouthTrack

FACE_PIXELS = 480 * 360  # frames are searched at no more than this area
LEAST_FACE = 1 / 12  # of the picture's height ...
LEAST_PX = 16.0  # ... and in pixels: a mouth of fewer shows nothing, and a ribbon costs memory
DETECT_EVERY_S = 0.4  # known faces; in between, a face moves straight
SEARCH_EVERY_S = 1.2  # for faces that are new
SAME_FACE = 0.3  # IoU of a face with where it was
MOST_GAP_S = 1.0  # for which a face may be lost, turned away or behind something
MOST_FACES = 8  # in a picture, the largest; in a crowd nobody is the speaker
SHORTEST_S = 1.5  # of a track that is kept

# A face is brought to this place and size, px: both eyes, the nose, both corners of the mouth.
TEMPLATE = np.array([[20, 26], [44, 26], [32, 40], [22, 52], [42, 52]], np.float32)
TEMPLATE_SIZE = (64, 72)
UPPER = np.s_[4:40, 6:58]  # eyes and forehead: what moves with the head
MOUTH, LIPS = np.s_[44:70, 14:50], np.s_[44:70, 16:48]
JAW = np.s_[40:72]  # rows in which the chin, further down, moves against the upper lip
CHIN, UPPER_LIP = np.s_[16:30, 18:46], np.s_[2:10, 18:46]
MOST_HEAD_PX = 4.0  # between two frames; more is a mistake of the detector
DARK_SHARE = 1 / 6  # of the pixels of the lips: what shows between them


def face_size(width: int, height: int) -> tuple[int, int]:
    """Size (width, height) of the frames to search: never enlarged, at most FACE_PIXELS."""
    scale = min(1.0, (FACE_PIXELS / (width * height)) ** 0.5)
    return max(1, round(width * scale)), max(1, round(height * scale))


@dataclass(eq=False)
class _Track:
    """A face while it is followed; times and places of the frames so far, in shares of them."""

    box: np.ndarray  # (4,) pixels, where it was detected last ...
    landmarks: np.ndarray  # (5, 2) pixels
    detected_s: float  # ... and when
    patch: np.ndarray | None = None  # of the last frame, float32 TEMPLATE_SIZE
    times_s: list[float] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    mouths: list[np.ndarray] = field(default_factory=list)
    cues: list[tuple[float, float, float]] = field(default_factory=list)

    def follow(
        self, frames: list[tuple[float, np.ndarray]], box: np.ndarray, landmarks: np.ndarray
    ) -> None:
        """Through grey ``frames`` to the last of them, in which it was detected again."""
        since_s, until_s = self.detected_s, frames[-1][0]
        size = frames[-1][1].shape[::-1]
        for time_s, grey in frames:
            if time_s <= since_s:
                continue
            share = (time_s - since_s) / (until_s - since_s)
            points = (1 - share) * self.landmarks + share * landmarks
            patch = _aligned(grey, points)
            if self.patch is not None:
                self.times_s.append(time_s)
                self.boxes.append(((1 - share) * self.box + share * box) / [*size, *size])
                self.mouths.append(points[3:].mean(axis=0) / size)
                self.cues.append(_mouth_cues(self.patch, patch))
            self.patch = patch
        self.box, self.landmarks, self.detected_s = box, landmarks, until_s

    def forget_before(self, time_s: float) -> None:
        count = bisect_left(self.times_s, time_s)
        for each in (self.times_s, self.boxes, self.mouths, self.cues):
            del each[:count]


class FaceTracker:
    """Follows every face in a stream of frames: detected now and then, straight in between.

    ``least_face`` of the height of the frames; of more than ``most_faces`` the largest.
    """

    def __init__(self, least_face: float = LEAST_FACE, most_faces: int = MOST_FACES) -> None:
        self._detector = load_face_detector()
        self._least_face, self._most_faces = least_face, most_faces
        self._tracks: list[_Track] = []
        self._recent: list[tuple[float, np.ndarray]] = []  # grey frames of the last MOST_GAP_S
        self._searched_s = self._detected_s = -np.inf
        self._shape = (1, 1)

    def add(self, time_s: float, frame: np.ndarray) -> None:
        """The next frame, uint8 (H, W, 3) RGB of :func:`face_size`. Where its size is another, a
        face is taken for a new one.
        """
        if self._recent and time_s - self._recent[-1][0] < MIN_FRAME_GAP_S:
            return
        if frame.shape[:2] != self._shape:
            self.cut()
            self._shape = frame.shape[:2]
        self._recent.append((time_s, cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)))
        every_s = DETECT_EVERY_S if self.is_following(time_s) else SEARCH_EVERY_S
        if time_s - self._detected_s >= every_s:
            self._detected_s = time_s
            self._detect(time_s, frame)
            self._recent = [each for each in self._recent if each[0] >= time_s - MOST_GAP_S]

    def cut(self) -> None:
        """Another shot begins: the faces of this one are not looked for in it."""
        self._recent, self._searched_s, self._detected_s = [], -np.inf, -np.inf
        for track in self._tracks:
            track.detected_s = -np.inf

    def forget_before(self, time_s: float) -> None:
        """Keep nothing of what was seen before, so that memory stays bounded in a long stream."""
        for track in self._tracks:
            track.forget_before(time_s)
        self._tracks = [
            track for track in self._tracks if track.times_s or track.detected_s >= time_s
        ]

    def is_following(self, time_s: float) -> bool:
        """Whether a face is in view then, or was shortly before."""
        return any(time_s - track.detected_s <= MOST_GAP_S for track in self._tracks)

    def mouths(self, clock_s: np.ndarray) -> tuple[MouthTrack, ...]:
        """All tracks of at least SHORTEST_S so far, at ``clock_s`` (N,) at SERIES_HZ."""
        tracks = (_resample(track, clock_s) for track in self._tracks)
        return tuple(track for track in tracks if track is not None)

    def _detect(self, time_s: float, frame: np.ndarray) -> None:
        near = [track for track in self._tracks if time_s - track.detected_s <= MOST_GAP_S]
        faces = None
        if near and time_s - self._searched_s < SEARCH_EVERY_S:
            faces = self._detector.detect_near(frame, np.stack([track.box for track in near]))
        if faces is None or len(faces.boxes) < len(near):
            self._searched_s = time_s
            least_px = max(LEAST_PX, self._least_face * len(frame))
            faces = self._detector.detect(frame[None], least_px)[0]
        chosen = np.argsort(-np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1))
        chosen = sorted(chosen[: self._most_faces])
        for box, landmarks in zip(faces.boxes[chosen], faces.landmarks[chosen], strict=True):
            overlaps = [_overlap(track.box, box) for track in near]
            if overlaps and max(overlaps) >= SAME_FACE:
                near.pop(int(np.argmax(overlaps))).follow(self._recent, box, landmarks)
            else:
                self._tracks.append(_Track(box, landmarks, time_s))


def _overlap(box: np.ndarray, other: np.ndarray) -> float:
    """IoU of two boxes (4,)."""
    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    shared = float(np.prod(sides.clip(min=0)))
    return shared / float(np.prod(box[2:] - box[:2]) + np.prod(other[2:] - other[:2]) - shared)


def _aligned(grey: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The face brought to TEMPLATE, smoothed: float32 (72, 64)."""
    source, target = landmarks - landmarks.mean(axis=0), TEMPLATE - TEMPLATE.mean(axis=0)
    size = np.square(source).sum()
    cosine = (source * target).sum() / size
    sine = (source[:, 0] * target[:, 1] - source[:, 1] * target[:, 0]).sum() / size
    turn = np.array([[cosine, -sine], [sine, cosine]])
    shift = TEMPLATE.mean(axis=0) - turn @ landmarks.mean(axis=0)
    patch = cv2.warpAffine(
        grey, np.column_stack([turn, shift]), TEMPLATE_SIZE, borderMode=cv2.BORDER_REPLICATE
    )
    return cv2.GaussianBlur(patch.astype(np.float32), (0, 0), 1.0)


_WINDOW = cv2.createHanningWindow((52, 36), cv2.CV_32F)  # of UPPER


def _mouth_cues(before: np.ndarray, patch: np.ndarray) -> tuple[float, float, float]:
    """Motion, opening and jaw between two aligned patches: see :class:`MouthTrack`."""
    head, _ = cv2.phaseCorrelate(before[UPPER], patch[UPPER], _WINDOW)
    if max(map(abs, head)) > MOST_HEAD_PX:
        head = (0.0, 0.0)
    move = np.array([[1, 0, head[0]], [0, 1, head[1]]], np.float32)
    steady = cv2.warpAffine(before, move, TEMPLATE_SIZE, borderMode=cv2.BORDER_REPLICATE)
    motion = np.abs(patch[MOUTH] - steady[MOUTH]).mean()
    lips = np.sort(patch[LIPS], axis=None)
    opening = lips.mean() - lips[: round(DARK_SHARE * lips.size)].mean()
    down = cv2.calcOpticalFlowFarneback(
        steady[JAW].astype(np.uint8), patch[JAW].astype(np.uint8), None, 0.5, 1, 9, 2, 5, 1.1, 0
    )[..., 1]
    return float(motion), float(opening), float(down[CHIN].mean() - down[UPPER_LIP].mean())


def _resample(track: _Track, clock_s: np.ndarray) -> MouthTrack | None:
    """A track at ``clock_s`` (N,)."""
    if not track.times_s or track.times_s[-1] - track.times_s[0] < SHORTEST_S:
        return None
    start, stop = np.searchsorted(clock_s, [track.times_s[0], track.times_s[-1]])
    inside = clock_s[start:stop]

    def at(values: list) -> np.ndarray:
        return np.stack(
            [np.interp(inside, track.times_s, each) for each in np.array(values).T], axis=1
        ).astype(np.float32)

    cues = np.ascontiguousarray(at(track.cues).T)
    return MouthTrack(int(start), at(track.boxes), at(track.mouths), cues)
