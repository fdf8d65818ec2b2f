"""HEIC pictures for the tests, written box by box (ISO/IEC 23008-12) around HEVC frames of PyAV's
encoder, since Pillow writes none.
"""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

PARAMETER_SETS, FIRST_NOT_A_SLICE = (32, 33, 34), 32  # kinds of units in HEVC
GRID = 1  # the id of the item that lays the tiles out; they follow it


def write_heic(
    path: Path,
    tiles: Sequence[np.ndarray],  # (H, W, 3) uint8 RGB, all of one size, row by row
    columns: int = 1,
    size: tuple[int, int] | None = None,  # (width, height) that is shown of the grid
    turns: int = 0,  # quarter turns to the left (irot)
    mirror: int | None = None,  # its axis (imir), 0: columns or 1: rows change places
    exif: bytes = b"",  # as Image.Exif.tobytes() gives it
    burst: bool = False,  # the tiles are pictures of their own, the first is the primary one
    brand: bytes = b"heic",
) -> Path:
    """One picture of ``tiles``; the same array may be in there many times, and is stored once."""
    height, width = tiles[0].shape[:2]
    size = size or (columns * width, len(tiles) // columns * height)
    settings, coded = b"", {}
    for tile in tiles:
        if id(tile) not in coded:
            settings, coded[id(tile)] = _coded(tile)
    ids = range(GRID + 1, GRID + 1 + len(tiles))
    primary = ids[0] if burst else GRID
    tiled = () if burst else ids  # hidden: no pictures by themselves
    properties = [
        _box(b"hvcC", settings),
        _full(b"ispe", 0, struct.pack(">II", width, height)),
        _full(b"ispe", 0, struct.pack(">II", *size)),
    ]
    shown = [3]
    if mirror is not None:
        properties.append(_box(b"imir", bytes([mirror])))
        shown.append(0x80 | len(properties))
    if turns:
        properties.append(_box(b"irot", bytes([turns])))
        shown.append(0x80 | len(properties))
    of_items = {item: [0x81, 2] for item in ids} | ({} if burst else {GRID: shown})

    rows = len(tiles) // columns
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size)
    exif_id = ids[-1] + 1
    kinds = [(item, b"hvc1") for item in ids]
    links = b""
    if not burst:
        kinds.append((GRID, b"grid"))
        ends = struct.pack(f">HH{len(tiles)}H", GRID, len(tiles), *ids)
        links += _box(b"dimg", ends)
    if exif:
        kinds.append((exif_id, b"Exif"))
        links += _box(b"cdsc", struct.pack(">HHH", exif_id, 1, primary))
    data = b"".join(coded.values()) + (struct.pack(">I", 0) + exif if exif else b"")

    def meta(start: int) -> bytes:
        """With ``data`` from byte ``start`` of the file on."""
        begin, at = {}, start
        for key, body in coded.items():
            begin[key] = at
            at += len(body)
        places = [(i, 0, begin[id(t)], len(coded[id(t)])) for i, t in zip(ids, tiles, strict=True)]
        if not burst:
            places.append((GRID, 1, 0, len(grid)))
        if exif:
            places.append((exif_id, 0, at, 4 + len(exif)))
        return _full(
            b"meta", 0,
            _full(b"hdlr", 0, struct.pack(">I4s12xx", 0, b"pict"))
            + _full(b"pitm", 0, struct.pack(">H", primary))
            + _full(b"iloc", 1, struct.pack(">HH", 0x4400, len(places)) + b"".join(
                struct.pack(">HHHHII", item, method, 0, 1, offset, length)
                for item, method, offset, length in places
            ))
            + _full(b"iinf", 0, struct.pack(">H", len(kinds)) + b"".join(
                _full(b"infe", 2, struct.pack(">HH4sx", item, 0, kind), item in tiled)
                for item, kind in kinds
            ))
            + (_full(b"iref", 0, links) if links else b"")
            + _box(b"iprp", _box(b"ipco", b"".join(properties)) + _full(
                b"ipma", 0, struct.pack(">I", len(of_items)) + b"".join(
                    struct.pack(">HB", item, len(own)) + bytes(own)
                    for item, own in sorted(of_items.items())
                ),
            ))
            + _box(b"idat", grid)
        )  # fmt: skip

    head = _box(b"ftyp", brand + bytes(4) + b"mif1" + brand)
    start = len(head) + len(meta(0)) + 8
    path.write_bytes(head + meta(start) + _box(b"mdat", data))
    return path


def _coded(rgb: np.ndarray) -> tuple[bytes, bytes]:
    """(the decoder's settings, the frame) in HEVC."""
    encoder = av.CodecContext.create("libx265", "w")
    encoder.height, encoder.width = rgb.shape[:2]
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 25)
    encoder.options = {"x265-params": "log-level=none:crf=12:info=0"}
    frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
    frame.pts = 0
    stream = b"".join(map(bytes, [*encoder.encode(frame), *encoder.encode(None)]))
    units = [unit.rstrip(b"\0") for unit in stream.split(b"\0\0\1")[1:]]
    parameters = [unit for unit in units if _kind(unit) in PARAMETER_SETS]
    level = parameters[0].replace(b"\0\0\3", b"\0\0")[6:18]  # profile, tier and level
    settings = b"\1" + level + b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f" + bytes([len(parameters)])
    for unit in parameters:
        settings += struct.pack(">BHH", _kind(unit), 1, len(unit)) + unit
    slices = [unit for unit in units if _kind(unit) < FIRST_NOT_A_SLICE]
    return settings, b"".join(struct.pack(">I", len(unit)) + unit for unit in slices)


def _kind(unit: bytes) -> int:
    return unit[0] >> 1 & 0x3F


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, body: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + body)
