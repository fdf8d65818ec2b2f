"""A case as one picture: what is seen, what is true, what the variant says."""

import cv2
import numpy as np

from avsl.clip import Clip
from avsl.overlay import Look, draw

PANEL_PX = 128  # three of them side by side: 390
GAP_PX = 3
JPEG_QUALITY = 75


def thumbnail(clip: Clip, time_s: float) -> bytes:
    """The frame at ``time_s`` as jpeg, its longer side 128 px."""
    scale = PANEL_PX / max(clip.width, clip.height)
    width, height = (max(1, round(scale * side)) for side in (clip.width, clip.height))
    return jpeg(clip.frames(np.array([time_s]), width, height)[0])


def panels(picture: bytes, truth: np.ndarray, heatmap: np.ndarray, threshold: float) -> bytes:
    """Jpeg of picture | truth | map over the picture.

    ``truth`` and ``heatmap`` (224, 224) in [0, 1]; the map is drawn from ``threshold`` up, with
    its outline; the truth is the picture where it is true, and dark elsewhere.
    """
    frame = cv2.cvtColor(cv2.imdecode(np.frombuffer(picture, np.uint8), 1), cv2.COLOR_BGR2RGB)
    size = frame.shape[1::-1]
    kept = cv2.resize(truth.astype(np.float32), size)[..., None]
    shown = (frame * (0.2 + 0.8 * kept)).astype(np.uint8)
    level = float(np.clip(threshold, 0.02, 0.98))
    scaled = cv2.resize(heatmap.astype(np.float32), size)
    drawn = draw(frame, scaled, level, Look.HEAT, 0.65)
    drawn = draw(drawn, scaled, level, Look.CONTOUR, 1.0)
    gap = np.full((frame.shape[0], GAP_PX, 3), 255, np.uint8)
    return jpeg(np.concatenate([frame, gap, shown, gap, drawn], axis=1))


def jpeg(frame: np.ndarray) -> bytes:
    """uint8 (H, W, 3) RGB -> a jpeg file's bytes."""
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), options)[1].tobytes()
