"""From a decoded frame to what a viewer sees: upright, square pixels, 8-bit RGB."""

from dataclasses import dataclass

import cv2
import numpy as np
from av import VideoFrame
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)

UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED: the file does not say which colour matrix it uses
HD_HEIGHT = 720  # players take untagged video of this height and above for BT.709, below for BT.601
WHITE_NITS = 203.0  # the luminance of paper white in HDR video (ITU-R BT.2408)
PEAK_NITS = 1000.0  # brighter highlights than this all become white
KNEE = 0.6  # luminance below this share of paper white is left as it is
CODES = 4096  # levels in the look-up table from HDR code to light
LEVELS = 65_536  # and from light to sRGB, whose dark end is steep
BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)


def _unknown_kind(kinds: type[SideDataType], number: int) -> SideDataType:
    kind = object.__new__(kinds)
    kind._name_, kind._value_ = f"UNKNOWN_{number}", number
    return kind


# FFmpeg gives frames more kinds of side data than PyAV has names for (29: two views, 31: EXIF).
# PyAV then raises for the whole frame, so that kinds without a name get one here.
SideDataType._missing_ = classmethod(_unknown_kind)


@dataclass(frozen=True)
class Orientation:
    """How to turn a stored frame upright: transpose first, then mirror columns or rows."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> "Orientation":
        """Read the display matrix, which maps stored (x, y) to (a x + c y, b x + d y)."""
        matrix = frame.side_data.get("DISPLAYMATRIX")
        if matrix is None:
            return cls()
        a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
        if abs(b) + abs(c) > abs(a) + abs(d):
            return cls(True, c < 0, b < 0)
        return cls(False, a < 0, d < 0)

    def apply(self, frame: np.ndarray) -> np.ndarray:
        """(H, W, ...) stored -> upright, contiguous."""
        if self.transpose:
            frame = frame.swapaxes(0, 1)
        if self.flip_x:
            frame = frame[:, ::-1]
        if self.flip_y:
            frame = frame[::-1]
        return np.ascontiguousarray(frame)


@dataclass(frozen=True)
class Look:
    """What the first frame says about how all of them are to be shown."""

    width: int  # pixels, upright, square
    height: int
    orientation: Orientation
    transfer: ColorTrc | None  # SMPTE2084 (PQ) or ARIB_STD_B67 (HLG) for HDR video
    wide_gamut: bool
    has_alpha: bool
    notes: tuple[str, ...]

    @classmethod
    def of(cls, frame: VideoFrame, pixel_aspect: float) -> "Look":
        """``pixel_aspect`` is the width of a stored pixel over its height."""
        orientation = Orientation.of(frame)
        width, height = max(1, round(frame.width * pixel_aspect)), frame.height
        notes = []
        if width != frame.width:
            notes.append(
                f"The pixels are not square: {frame.width}x{frame.height} was stretched to "
                f"{width}x{height}."
            )
        if orientation.transpose:
            width, height = height, width
        transfer = _hdr_transfer(frame)
        if transfer is not None:
            notes.append(
                "The video is HDR; its colours were brought to ordinary range by an approximate "
                "tone curve."
            )
        has_alpha = any(component.is_alpha for component in frame.format.components)
        if has_alpha and _see_through(frame):
            notes.append("Transparent parts were laid on white.")
        wide = frame.color_primaries == ColorPrimaries.BT2020
        return cls(width, height, orientation, transfer, wide, has_alpha, tuple(notes))


class Converter:
    """Turns decoded frames of one :class:`Look` into arrays of one size.

    It holds swscale's tables, so make one for each pass over a video.
    """

    def __init__(self, look: Look, width: int, height: int, gray: bool) -> None:
        self._look = look
        self._gray = gray
        self._stored = (height, width) if look.orientation.transpose else (width, height)
        self._scaler = VideoReformatter()
        self._tone = ToneMap(look.transfer, look.wide_gamut) if look.transfer is not None else None

    def __call__(self, frame: VideoFrame) -> np.ndarray:
        """A decoded frame -> uint8 (H, W, 3) RGB or (H, W) gray, upright."""
        return self._look.orientation.apply(self._flat(frame))

    def _flat(self, frame: VideoFrame) -> np.ndarray:
        if self._tone is not None:
            return self._to_gray(self._tone(self._scaled(frame, "rgb48le")))
        if self._look.has_alpha:
            return self._to_gray(on_white(self._scaled(frame, "rgba")))
        return self._scaled(frame, "gray" if self._gray else "rgb24")

    def _to_gray(self, rgb: np.ndarray) -> np.ndarray:
        return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) if self._gray else rgb

    def _scaled(self, frame: VideoFrame, pixel_format: str) -> np.ndarray:
        width, height = self._stored
        shrinking = width * height < frame.width * frame.height
        return self._scaler.reformat(
            frame,
            width,
            height,
            pixel_format,
            src_colorspace=_guessed_matrix(frame),
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.AREA if shrinking else Interpolation.BILINEAR,
        ).to_ndarray()


def on_white(rgba: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 4) -> (H, W, 3): transparent parts become white."""
    alpha = rgba[..., 3:].astype(np.uint16)
    colour = rgba[..., :3].astype(np.uint16)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


class ToneMap:
    """HDR code values to 8-bit sRGB: paper white stays white, highlights are compressed.

    Each colour channel goes through the curve by itself, which is fast and bends hues slightly in
    very bright places.
    """

    def __init__(self, transfer: ColorTrc, wide_gamut: bool) -> None:
        code = np.arange(CODES) / (CODES - 1)
        nits = _pq_nits(code) if transfer == ColorTrc.SMPTE2084 else _hlg_nits(code)
        self._linear = (nits / WHITE_NITS).astype(np.float32)
        self._matrix = BT2020_TO_BT709 if wide_gamut else None
        peak = PEAK_NITS / WHITE_NITS
        light = np.linspace(0, peak, LEVELS)
        self._shown = (_srgb(_compressed(light, peak)) * 255 + 0.5).astype(np.uint8)
        self._to_index = (LEVELS - 1) / peak

    def __call__(self, rgb48: np.ndarray) -> np.ndarray:
        """uint16 (H, W, 3), full range -> uint8 (H, W, 3)."""
        light = self._linear[rgb48 >> 4]  # 16 bits hold 12 that matter
        if self._matrix is not None:
            light = cv2.transform(light, self._matrix)
        index = np.clip(light * self._to_index, 0, LEVELS - 1).astype(np.uint16)
        return self._shown[index]


def _compressed(light: np.ndarray, peak: float) -> np.ndarray:
    """Identity up to the knee, then a smooth curve that reaches 1 at ``peak``."""
    span, reach = 1 - KNEE, peak - KNEE
    over = np.maximum(light - KNEE, 0)
    bend = (reach - span) / (reach * span)  # slope 1 at the knee, value 1 at the peak
    return np.where(light <= KNEE, light, KNEE + over / (1 + bend * over))


def _pq_nits(code: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084: code in [0, 1] -> luminance in cd/m2."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = code ** (1 / m2)
    return 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)


def _hlg_nits(code: np.ndarray) -> np.ndarray:
    """ARIB STD-B67 on a 1000 cd/m2 display (system gamma 1.2, by channel)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return PEAK_NITS * scene**1.2


def _srgb(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _hdr_transfer(frame: VideoFrame) -> ColorTrc | None:
    for transfer in (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67):
        if frame.color_trc == transfer:
            return transfer
    return None


def _guessed_matrix(frame: VideoFrame) -> Colorspace | None:
    if frame.colorspace != UNSPECIFIED:
        return None  # swscale follows what the frame says
    return Colorspace.ITU709 if frame.height >= HD_HEIGHT else Colorspace.ITU601


def _see_through(frame: VideoFrame) -> bool:
    return bool(frame.reformat(format="rgba").to_ndarray()[..., 3].min() < 255)
