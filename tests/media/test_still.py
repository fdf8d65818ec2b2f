"""Still pictures: upright, as large as a frame may be, and never a part taken for the whole."""

import struct
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, features

from avsl import media
from avsl.errors import LimitError, MediaError
from avsl.settings import LIMITS
from tests.media.making import clicks, make
from tests.media.making_heif import write_heic

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
SMALL = replace(LIMITS, max_pixels=120 * 80)
ORIENTATION, MAKE = 0x0112, 0x010F


@pytest.fixture(scope="module")
def tune(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "tune.wav"
    return make(path, sound=clicks(0.5, []), audio_codec="pcm_s16le")


@pytest.fixture(params=[False, True], ids=["here", "in a child"])
def isolated(request):
    media.isolate(request.param)
    yield
    media.isolate(False)


def quarters(width: int, height: int) -> Image.Image:
    """Red and green above blue and yellow."""
    picture = Image.new("RGB", (2, 2))
    picture.putdata([RED, GREEN, BLUE, YELLOW])
    return picture.resize((width, height), Image.Resampling.NEAREST)


def corners(frame: np.ndarray) -> list[tuple[int, ...]]:
    """The colours of the four quarters, row by row, each channel as 0 or 255."""
    height, width = frame.shape[:2]
    rows, columns = (height // 4, 3 * height // 4), (width // 4, 3 * width // 4)
    return [tuple(255 * (frame[y, x] > 127).astype(int)) for y in rows for x in columns]


def camera(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = "a camera", orientation
    return exif


def stored(upright: Image.Image, orientation: int) -> Image.Image:
    """As a camera that was held that way stores it (EXIF: what is row 0, what is column 0)."""
    turns = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    return upright if turns[orientation] is None else upright.transpose(turns[orientation])


@pytest.mark.parametrize("limits", [LIMITS, SMALL], ids=["whole", "scaled down"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif", "avif"])
def test_any_picture_is_upright_also_when_scaled_down(ending, orientation, limits, tmp_path):
    if ending == "avif" and not features.check("avif"):
        pytest.skip("this build of Pillow has no AVIF")
    path = tmp_path / f"photo.{ending}"
    stored(quarters(640, 400), orientation).save(path, exif=camera(orientation))
    frame, notes = media.read_picture(path, limits=limits)
    assert corners(frame) == [RED, GREEN, BLUE, YELLOW]
    if limits is LIMITS:
        assert frame.shape == (400, 640, 3) and notes == ()
        return
    height, width = frame.shape[:2]
    assert 0.97 * limits.max_pixels < width * height <= limits.max_pixels
    assert width / height == pytest.approx(1.6, rel=0.02)
    assert notes == (f"The picture of 640x400 pixels was scaled down to {width}x{height}.",)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_colours_of_every_kind_survive_scaling_down(mode, tmp_path):
    gray = np.zeros((400, 640), np.uint8)
    gray[:, 320:] = 255
    if mode == "I;16":
        picture = Image.fromarray(gray.astype(np.uint16) * 257)
    else:
        picture = Image.fromarray(gray).convert("RGB").convert(mode)
    path = tmp_path / ("photo.tif" if mode == "CMYK" else "photo.png")
    picture.save(path)
    frame, notes = media.read_picture(path, limits=SMALL)
    assert frame.shape[0] * frame.shape[1] <= SMALL.max_pixels and "scaled down" in notes[0]
    assert corners(frame) == [(0, 0, 0), (255, 255, 255)] * 2


def test_what_is_transparent_does_not_bleed_when_scaled_down(tmp_path):
    """Its colour, which nobody sees, must not tint the edge."""
    pixels = np.zeros((400, 640, 4), np.uint8)
    pixels[..., 1] = 255  # transparent green
    pixels[:, :321] = (255, 0, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "cut out.png")
    frame, notes = media.read_picture(tmp_path / "cut out.png", limits=SMALL)
    assert any("laid on white" in note for note in notes)
    assert (frame[..., 1].astype(int) - frame[..., 2] < 3).all()  # red, white or between them


@pytest.mark.parametrize("size", [(1, 60_000), (60_000, 1), (7, 9_000)])
def test_very_long_pictures_fit_too(size, tmp_path):
    Image.new("RGB", size, RED).save(tmp_path / "long.png")
    frame, _ = media.read_picture(tmp_path / "long.png", limits=SMALL)
    assert 0 < frame.shape[0] * frame.shape[1] <= SMALL.max_pixels
    assert (frame[..., 0] > 250).all()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_photo_of_200_megapixels_is_read(progressive, isolated, tune, tmp_path):
    """Pillow's own limit on pixels is lower; it stays as it is for everybody else."""
    photo = Image.new("L", (16_320, 12_240), 200)
    photo.paste(50, (8_160, 0, 16_320, 12_240))
    photo.save(tmp_path / "photo.jpg", progressive=progressive)
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clip = media.read(tmp_path / "photo.jpg", tune)
    assert limit == Image.MAX_IMAGE_PIXELS
    assert 0.99 * LIMITS.max_pixels < clip.width * clip.height <= LIMITS.max_pixels
    frame = clip.frames(np.zeros(1))[0]
    assert abs(int(frame[9, 9, 0]) - 200) < 3 and abs(int(frame[9, -9, 0]) - 50) < 3
    assert any("16320x12240 pixels was scaled down" in note for note in clip.notes)


def test_a_jpeg_that_claims_more_than_any_camera_is_refused(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.jpg")
    data = bytearray((tmp_path / "photo.jpg").read_bytes())
    at = data.index(b"\xff\xc0") + 5  # the size in the header of the frame
    data[at : at + 4] = struct.pack(">HH", 65_000, 65_000)
    (tmp_path / "photo.jpg").write_bytes(data)
    with pytest.raises(LimitError, match="65000x65000 pixels"):
        media.read_picture(tmp_path / "photo.jpg")


def test_a_picture_that_memory_does_not_suffice_for_is_refused_before_it_is_decoded(tmp_path):
    Image.new("RGB", (640, 400)).save(tmp_path / "photo.webp")
    tight = replace(SMALL, max_decoder_bytes=1_000_000)
    with pytest.raises(LimitError, match="WEBP picture"):
        media.read_picture(tmp_path / "photo.webp", limits=tight)


def test_the_first_picture_of_a_multi_picture_jpeg_is_used(tmp_path):
    """As phones write them, with a second view or a depth map behind the photo."""
    first = stored(quarters(640, 400), 6)
    first.save(
        tmp_path / "photo.mpo", save_all=True, append_images=[Image.new("RGB", (64, 40))],
        exif=camera(6),
    )  # fmt: skip
    (tmp_path / "photo.mpo").rename(tmp_path / "photo.jpg")
    frame, notes = media.read_picture(tmp_path / "photo.jpg", limits=SMALL)
    assert corners(frame) == [RED, GREEN, BLUE, YELLOW]
    assert any("several pictures" in note for note in notes)
    assert any("640x400 pixels was scaled down" in note for note in notes)


def test_a_large_mask_is_scaled_down_alike(isolated, tmp_path):
    mask = Image.new("LA", (640, 400), (255, 0))
    mask.paste((255, 255), (320, 0, 640, 400))
    mask.save(tmp_path / "mask.png", exif=camera(3))
    seen = media.read_mask(tmp_path / "mask.png", limits=SMALL)
    assert seen.size <= SMALL.max_pixels and seen.dtype == np.uint8
    assert seen[:, 5].min() == 255 and seen[:, -5].max() == 0  # marked, then transparent


# HEIC


def tiles(side: int = 128) -> list[np.ndarray]:
    return [np.full((side, side, 3), colour, np.uint8) for colour in (RED, GREEN, BLUE, YELLOW)]


def test_all_tiles_of_a_heic_photo_are_seen(isolated, tune, tmp_path):
    clip = media.read(write_heic(tmp_path / "photo.heic", tiles(), columns=2), tune)
    assert (clip.width, clip.height) == (256, 256)
    assert corners(clip.frames(np.zeros(1))[0]) == [RED, GREEN, BLUE, YELLOW]
    assert clip.notes == media.read_sound(tune)[1]  # nothing of video streams


@pytest.mark.parametrize("limits", [LIMITS, SMALL], ids=["whole", "scaled down"])
@pytest.mark.parametrize(
    ("turns", "mirror", "orientation", "seen"),
    [
        (0, None, 1, [RED, GREEN, BLUE, YELLOW]),
        (1, None, 8, [GREEN, YELLOW, RED, BLUE]),
        (2, None, 3, [YELLOW, BLUE, GREEN, RED]),
        (3, None, 6, [BLUE, RED, YELLOW, GREEN]),
        (0, 1, 2, [GREEN, RED, YELLOW, BLUE]),
        (0, 0, 4, [BLUE, YELLOW, RED, GREEN]),
    ],
)
def test_a_heic_photo_is_turned_once(turns, mirror, orientation, seen, limits, tmp_path):
    """Phones tell the orientation twice: in the container, which holds, and in the EXIF."""
    path = write_heic(
        tmp_path / "photo.heic", tiles(), 2, (256, 192), turns, mirror,
        camera(orientation).tobytes(),
    )  # fmt: skip
    frame, _ = media.read_picture(path, limits=limits)
    assert (frame.shape[0] > frame.shape[1]) == (turns % 2 == 1)
    assert corners(frame) == seen


def test_the_first_picture_of_a_heic_burst_is_used_and_said(tmp_path):
    frame, notes = media.read_picture(write_heic(tmp_path / "b.heic", tiles(), burst=True))
    assert frame.shape == (128, 128, 3) and corners(frame) == [RED] * 4
    assert notes == ("The file holds several pictures; the first one was used.",)


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
def test_a_heic_photo_without_its_decoder_is_a_sentence_and_never_a_tile(brand, tmp_path):
    path = write_heic(tmp_path / "photo.heic", tiles(), columns=2, brand=brand)
    script = (
        "import sys; sys.modules['pi_heif'] = None  # as if it were not installed\n"
        "from avsl import errors, media\n"
        "for read in (media.read_picture, media.read_mask):\n"
        "    try: print(read(sys.argv[1]))\n"
        "    except errors.MediaError as error: print(error)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.count("pip install pi-heif") == 2 and len(told.splitlines()) == 2


@pytest.mark.parametrize("name", ["photo.heic", "photo.avif"])
def test_a_damaged_photo_of_tiles_is_a_sentence_and_never_a_tile(name, isolated, tune, tmp_path):
    path = tmp_path / name
    if name == "photo.avif":
        if not features.check("avif"):
            pytest.skip("this build of Pillow has no AVIF")
        quarters(256, 256).save(path)
    else:
        write_heic(path, tiles(), columns=2)
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 3], whole[:-40], whole.replace(b"pitm", b"free")):
        path.write_bytes(damaged)
        with pytest.raises(MediaError, match="damaged"):
            media.read(path, tune)


def test_a_heic_photo_that_claims_more_than_any_camera_is_refused(isolated, tmp_path):
    path = write_heic(tmp_path / "photo.heic", tiles(), 2, (60_000, 60_000))
    with pytest.raises(LimitError, match="60000x60000 pixels"):
        media.read_picture(path)


def test_of_a_heic_sequence_with_a_photo_the_photo_is_used_and_said(tmp_path):
    film = make(tmp_path / "film.mp4", tiles(), np.arange(4) / 10)
    path = write_heic(tmp_path / "photo.heic", tiles(), columns=2, brand=b"hevc")
    movie = film.read_bytes()
    path.write_bytes(path.read_bytes() + movie[movie.index(b"moov") - 4 :])
    frame, notes = media.read_picture(path)
    assert corners(frame) == [RED, GREEN, BLUE, YELLOW]
    assert notes == ("The file holds several pictures; the first one was used.",)


def test_a_heic_sequence_without_a_photo_is_a_film(tune, tmp_path):
    film = make(tmp_path / "film.mp4", tiles(), np.arange(4) / 10)
    film.write_bytes(film.read_bytes().replace(b"isom", b"msf1", 1))
    assert len(media.read(film, tune).frame_times_s) == 4
