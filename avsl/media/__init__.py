"""Files to clips and back: :func:`read`, :func:`constant_rate`, :func:`write_video`."""

from avsl.media.intake import isolate, isolated, read, read_mask, read_picture, read_sound
from avsl.media.write import constant_rate, output_frames, output_rate_hz, write_video

__all__ = [
    "constant_rate",
    "isolate",
    "isolated",
    "output_frames",
    "output_rate_hz",
    "read",
    "read_mask",
    "read_picture",
    "read_sound",
    "write_video",
]
