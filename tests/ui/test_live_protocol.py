"""Messages between a live page and its server: what comes back as it went, what is refused."""

import io
import re
import struct

import numpy as np
import pytest
from PIL import Image

from avsl.localization import Verdict
from avsl.ui.live.protocol import (
    MOST_BYTES,
    Choose,
    Hear,
    News,
    Refused,
    See,
    Shown,
    Stage,
    Stay,
    bundle,
    decode,
    decode_answer,
    encode,
    encode_answer,
    picture,
    unbundle,
)
from avsl.ui.live.tab import HERE, LISTENING, NAMES


def jpeg(width: int = 64, height: int = 48, level: int = 90) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (level, level, level)).save(file, "JPEG")
    return file.getvalue()


def head(kind: int, time_s: float) -> bytes:
    return struct.pack("<Bd", kind, time_s)


def test_what_a_page_sends_arrives_as_it_was():
    for plain in (Choose("acl-tiny"), Stay()):
        assert decode(encode(plain)) == plain
    seen = decode(encode(See(12.25, jpeg())))
    assert (seen.time_s, seen.jpeg) == (12.25, jpeg())
    samples = np.linspace(-1, 1, 640, dtype=np.float32)
    heard = decode(encode(Hear(3.5, samples)))
    assert heard.time_s == 3.5
    assert heard.samples.dtype == np.float32
    assert np.abs(heard.samples - samples).max() < 1e-3


def test_what_the_server_sends_arrives_as_it_was():
    news = News(Stage.WAITING, "3 people are live, you are next.", 320, 12.5)
    assert decode_answer(encode_answer(news)) == news
    levels = np.arange(12 * 16, dtype=np.uint8).reshape(12, 16)
    shown = Shown(
        7.125, levels, Verdict.UNSEEN, 1.5, 2.25, 0.5, -31.5, 9, 256, 12.5,
        "upper left", "Glocke \N{BELL}" + "x" * 400,
    )  # fmt: skip
    back = decode_answer(encode_answer(shown))
    assert np.array_equal(back.levels, levels)
    assert back.heard.startswith("Glocke \N{BELL}xxx")
    for name in ("time_s", "verdict", "confidence", "gate", "dropped", "side_px", "where"):
        assert getattr(back, name) == getattr(shown, name)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x01",
        head(1, 0.0),
        head(1, 0.0) + b"\xff\xfe",
        head(1, 0.0) + b"x" * 500,
        head(2, float("nan")) + b"picture",
        head(2, -1.0) + b"picture",
        head(2, 1e300) + b"picture",
        head(2, 1.0) + b"x" * MOST_BYTES,
        head(3, 1.0) + b"\x00" * 641,
        head(3, 1.0) + b"\x00" * 80_000,
        head(9, 1.0) + b"unknown",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_no_page_sends_is_refused(message):
    with pytest.raises(Refused):
        decode(message)


def test_pictures_are_looked_at_before_they_are_decoded():
    assert picture(jpeg(64, 48)).shape == (48, 64, 3)
    png = io.BytesIO()
    Image.new("RGB", (64, 48)).save(png, "PNG")
    for broken in (b"", b"no picture", jpeg()[:200], png.getvalue(), jpeg(4, 4), jpeg(4000, 3000)):
        with pytest.raises(Refused):
            picture(broken)


def test_grey_pictures_are_welcome():
    file = io.BytesIO()
    Image.new("L", (64, 48), 90).save(file, "JPEG")
    assert picture(file.getvalue()).shape == (48, 64, 3)


def test_bundles_come_apart_again():
    messages = [b"one", b"", b"three" * 100]
    assert unbundle(bundle(messages)) == messages
    assert unbundle(b"") == []
    for cut in (bundle(messages)[:-1], b"\x01\x00", b"\xff\xff\xff\xff"):
        with pytest.raises(Refused):
            unbundle(cut)


def test_the_pages_script_numbers_verdicts_as_the_server_does():
    script = (HERE / "script" / "wire.js").read_text()
    (listed,) = re.findall(r"const VERDICTS = \[[^\n]*\n(.*?)\];", script, re.DOTALL)
    assert re.findall(r"'(.*?)'", listed) == [*(NAMES[each] for each in Verdict), LISTENING]
