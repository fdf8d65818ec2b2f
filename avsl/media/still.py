"""A still picture as it is meant to be seen: upright, 8-bit RGB, transparent parts on white."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from avsl.errors import LimitError, MediaError
from avsl.media import container as media
from avsl.media.picture import on_white
from avsl.settings import Limits

Image.init()  # registers the formats that this build of Pillow can read; AVIF is not in every one
FORMATS = tuple(
    name
    for name in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "PPM")
    if name in Image.OPEN
)
FILM_FORMATS = ("GIF", "PNG")  # animated ones are read as videos


def read_still(file: Path, limits: Limits) -> tuple[np.ndarray, tuple[str, ...]] | None:
    """uint8 (H, W, 3) RGB and notes; None where the file is no still picture."""
    picture = _opened(file)
    if picture is None:
        return None
    with picture:
        animated = getattr(picture, "is_animated", False)
        if animated and picture.format in FILM_FORMATS:
            return None
        media.check_pixels(file.name, *picture.size, limits)
        notes = ("The file holds several pictures; the first one was used.",) if animated else ()
        with _damage_told(file):
            return _seen(picture, notes)


def read_brightness(file: Path, limits: Limits) -> np.ndarray | None:
    """uint8 (H, W), black where it is transparent; None where the file is no picture."""
    picture = _opened(file)
    if picture is None:
        return None
    with picture:
        media.check_pixels(file.name, *picture.size, limits)
        with _damage_told(file):
            layers = picture.convert("RGBA")
            page = Image.new("RGBA", picture.size, "black")
            return np.array(Image.alpha_composite(page, layers).convert("L"))


def _opened(file: Path) -> Image.Image | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our limit is stricter
            return Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise LimitError(f'"{file.name}" has too many pixels. Scale it down first.') from error
    except MemoryError:
        raise
    except Exception:  # many kinds, for what is no picture and for broken ones
        return None


@contextmanager
def _damage_told(file: Path) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds for broken data
        raise MediaError(
            f'The picture "{file.name}" is cut off or damaged. Save or download it again.'
        ) from error


def _seen(picture: Image.Image, notes: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16"):
        return np.repeat((np.asarray(picture) >> 8).astype(np.uint8)[..., None], 3, axis=2), notes
    if not picture.has_transparency_data:
        return np.array(picture.convert("RGB")), notes
    rgba = np.array(picture.convert("RGBA"))
    if rgba[..., 3].min() < 255:
        notes = (*notes, "Transparent parts were laid on white.")
    return on_white(rgba), notes
