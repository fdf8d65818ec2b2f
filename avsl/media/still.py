"""A still picture as it is meant to be seen: upright, 8-bit RGB, transparent parts on white.

One that is larger than a frame may be is scaled down, which a note says.
"""

import math
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from avsl.errors import LimitError, MediaError
from avsl.media.picture import on_white
from avsl.settings import Limits

with suppress(ImportError):
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)

Image.init()  # registers the formats that this build of Pillow can read; AVIF is not in every one
FORMATS = tuple(
    name
    for name in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "HEIF", "PPM")
    if name in Image.OPEN
)
FILM_FORMATS = ("GIF", "PNG")  # animated ones are read as videos
# What it takes to decode and scale down, measured. A JPEG is decoded at a half, a quarter or an
# eighth of its size, but all coefficients of a progressive one are held before.
BYTES_A_PIXEL = {"JPEG": 6.2, "MPO": 6.2, "HEIF": 11, "WEBP": 18}
MOST_BYTES_A_PIXEL = 14  # of all others
MEMORY_SHARE = 0.9  # of what one file may use, for the picture alone
AVIF_BRANDS = (b"avif", b"avis")
HEIC_BRANDS = (
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1",
)  # fmt: skip


def read_still(file: Path, limits: Limits) -> tuple[np.ndarray, tuple[str, ...]] | None:
    """uint8 (H, W, 3) RGB and notes; None where the file is no still picture."""
    picture = _opened(file)
    if picture is None:
        return None
    with picture:
        animated = getattr(picture, "is_animated", False) or _has_sequence(file, picture)
        if animated and picture.format in FILM_FORMATS:
            return None
        seen, notes = _seen(file, picture, limits)
    if animated:
        notes = ("The file holds several pictures; the first one was used.", *notes)
    if seen.mode == "RGB":
        return np.array(seen), notes
    rgba = np.array(seen)
    if rgba[..., 3].min() < 255:
        notes = (*notes, "Transparent parts were laid on white.")
    return on_white(rgba), notes


def read_brightness(file: Path, limits: Limits) -> np.ndarray | None:
    """uint8 (H, W), black where it is transparent; None where the file is no picture."""
    picture = _opened(file)
    if picture is None:
        return None
    with picture:
        layers = _seen(file, picture, limits)[0].convert("RGBA")
    page = Image.new("RGBA", layers.size, "black")
    return np.array(Image.alpha_composite(page, layers).convert("L"))


def _opened(file: Path) -> Image.Image | None:
    """The picture, not decoded yet; None where the file is none.

    Not by ``Image.open``: its limit on pixels holds for the whole process, and ours come next.
    """
    try:
        with file.open("rb") as opened:
            start = opened.read(16)
    except OSError:
        return None
    for name in FORMATS:
        open_as, accepts = Image.OPEN[name]
        if accepts is None or accepts(start):
            picture = _tried(open_as, file)
            if picture is not None:
                return picture
    _refuse_tiles(file, start)
    return None


def _tried(open_as: Callable[[str], Image.Image], file: Path) -> Image.Image | None:
    try:
        return open_as(str(file))
    except MemoryError:
        raise
    except Exception:  # many kinds, for what is no picture and for broken ones
        return None


def _refuse_tiles(file: Path, start: bytes) -> None:
    """HEIC and AVIF files can be read as videos too, but only one of the tiles they consist of."""
    if start[4:8] != b"ftyp" or all(kind != b"meta" for kind, _ in _boxes(file)):
        return  # no tiles: an image sequence is a film
    brand = start[8:12]
    if brand in HEIC_BRANDS and "HEIF" not in FORMATS:
        raise MediaError(
            f'"{file.name}" is a HEIC picture, which only the package pi-heif can read. Install it '
            '("pip install pi-heif"), or save the picture as a JPEG file.'
        )
    if brand in HEIC_BRANDS + AVIF_BRANDS:
        raise MediaError(
            f'The picture "{file.name}" is damaged, or coded in a way that cannot be read here. '
            "Save it as a JPEG file."
        )


def _seen(file: Path, picture: Image.Image, limits: Limits) -> tuple[Image.Image, tuple[str, ...]]:
    """Upright, RGB or RGBA, of no more pixels than a frame may have, and a note if it had more."""
    stored = picture.size
    _check_pixels(file.name, picture, limits)
    with _damage_told(file):
        if picture.format == "HEIF":
            _require_whole(file)
        picture.draft(None, _fitting(*stored, limits.max_pixels))  # a JPEG only
        seen = _in_eight_bits(picture)  # some formats are upright from here on
        size = _fitting(*seen.size, limits.max_pixels)
        if size != seen.size:
            seen = seen.resize(size, Image.Resampling.LANCZOS)
        seen = ImageOps.exif_transpose(seen)
    if math.prod(stored) <= limits.max_pixels:
        return seen, ()
    turned = (stored[0] > stored[1]) != (seen.width > seen.height)
    width, height = reversed(stored) if turned else stored
    return seen, (
        f"The picture of {width}x{height} pixels was scaled down to {seen.width}x{seen.height}.",
    )


def _has_sequence(file: Path, picture: Image.Image) -> bool:
    return picture.format == "HEIF" and any(kind == b"moov" for kind, _ in _boxes(file))


def _require_whole(file: Path) -> None:
    """A HEIC file that is cut off decodes all the same, with green in place of what is missing."""
    length = file.stat().st_size
    if any(kind == b"mdat" and end > length for kind, end in _boxes(file)):
        raise EOFError("the pictures' data end early")


def _boxes(file: Path) -> Iterator[tuple[bytes, int]]:
    """The kind of each part of an ISO media file, and where it ends by its own account."""
    length, at = file.stat().st_size, 0
    with file.open("rb") as opened:
        while at < length:
            opened.seek(at)
            size, kind = struct.unpack(">I4s", opened.read(8).ljust(8))
            if size == 1:
                (size,) = struct.unpack(">Q", opened.read(8).ljust(8))
            at += size if size >= 8 else length  # 0: to the end of the file
            yield kind, at


def _check_pixels(name: str, picture: Image.Image, limits: Limits) -> None:
    each = BYTES_A_PIXEL.get(picture.format, MOST_BYTES_A_PIXEL)
    held = int(MEMORY_SHARE * limits.max_decoder_bytes / each)
    most = max(limits.max_pixels, min(limits.max_still_pixels, held))
    if math.prod(picture.size) > most:
        raise LimitError(
            f'"{name}" has {picture.width}x{picture.height} pixels; up to {most / 1e6:.0f} million '
            f"pixels can be read of a {picture.format} picture. Scale it down first."
        )


def _fitting(width: int, height: int, most: int) -> tuple[int, int]:
    """The largest size of the same shape with at most ``most`` pixels, if it has more."""
    if width * height <= most:
        return width, height
    share = math.sqrt(most / (width * height))
    fitting = min(max(1, int(width * share)), most)
    return fitting, min(max(1, int(height * share)), most // fitting)


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Decoded, as RGB, or as RGBA where a part may be transparent."""
    if picture.mode.startswith("I;16"):
        gray = np.asarray(ImageOps.exif_transpose(picture))
        return Image.fromarray((gray >> 8).astype(np.uint8)).convert("RGB")
    wanted = "RGBA" if picture.has_transparency_data else "RGB"
    picture.load()
    return picture if picture.mode == wanted else picture.convert(wanted)


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
