"""One shard and its record: some videos become ``ID.jpg, ID.flac, ID.json`` in a tar."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from avsl.checksum import sha256_of
from avsl.errors import AvslError, MediaError, SettingError
from train.data import shards
from train.data.media import AT_S, Protocol, of_video
from train.data.sounds import flac_bytes
from train.data.store import Place
from train.data.wanted import CLIPS

Told = Callable[[str], None]  # of the clip whose turn it is; may raise to stop


@dataclass(frozen=True)
class Settings:
    """How the shards are made; another value makes them anew."""

    set: str
    at_s: float | None = AT_S  # of the picture, since the first frame; None: the middle of the clip
    jpeg_quality: int = 95
    per_shard: int = 500  # ids of the annotations, there or not
    sound: str = "flac"

    def __post_init__(self) -> None:
        if not 1 <= self.jpeg_quality <= 100:
            raise SettingError(f"The jpeg quality is 1 to 100, not {self.jpeg_quality}.")
        if self.per_shard < 1:
            raise SettingError(f"A shard holds at least one clip, not {self.per_shard}.")

    @classmethod
    def of(cls, name: str, **others) -> "Settings":
        """Any videos show their middle, annotated ones what was annotated."""
        return cls(name, None if name == CLIPS else AT_S, **others)


@dataclass(frozen=True)
class Shard:
    """The record of one run of ids."""

    file: str  # "" where none of its clips is there
    sha256: str
    bytes: int
    written: tuple[str, ...]
    ends: tuple[int, ...]  # of each written clip in the tar: it begins where the last one ended
    missing: tuple[str, ...]  # no video of that name
    skipped: tuple[dict[str, str], ...]  # id, file and why, for videos that cannot be used
    settings: dict

    @classmethod
    def of_json(cls, data: bytes | None) -> "Shard | None":
        """None for what is no record, or one of an older kind."""
        try:
            told = json.loads(data or b"")
            return cls(**{key: tuple(v) if isinstance(v, list) else v for key, v in told.items()})
        except (ValueError, TypeError, AttributeError):
            return None


@dataclass(frozen=True)
class Job:
    """What one process has to make."""

    settings: Settings
    out: Place
    number: int
    files: dict[str, Path | None]

    @property
    def tar(self) -> str:
        return f"shard-{self.number:06d}.tar"

    @property
    def record(self) -> str:
        return f"shard-{self.number:06d}.json"


def kept(job: Job) -> Shard | None:
    """What an earlier run left, unless settings, videos or the tar have changed since."""
    shard = Shard.of_json(job.out.read(job.record))
    if shard is None or shard.settings != asdict(job.settings):
        return None
    same = shard.missing == tuple(name for name, file in job.files.items() if file is None)
    known = {*shard.written, *shard.missing, *(each["id"] for each in shard.skipped)}
    same &= known == {*job.files}
    whole = not shard.file or job.out.size(shard.file) == shard.bytes
    return shard if same and whole else None


def made(job: Job, told: Told) -> Shard:
    """Make the tar, then its record."""
    with _scratch(job) as scratch:
        part = job.out.part(job.tar, scratch)
        shard = _written(job, part, told)
        if shard.written:
            job.out.put(part, job.tar)
        else:
            part.unlink()
            job.out.delete(job.tar)
        job.out.write(job.record, as_json(asdict(shard)))
    return shard


@contextmanager
def _scratch(job: Job) -> Iterator[Path]:
    """The same folder whenever this shard is made: what a kill left in it goes the next time."""
    name = hashlib.sha256(f"{Path.cwd()} {job.out} {job.tar}".encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"avsl-shard-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(job: Job, part: Path, told: Told) -> Shard:
    ends: dict[str, int] = {}
    skipped: list[dict[str, str]] = []

    def samples() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
        for name, file in job.files.items():
            told(name)
            if file is None:
                continue
            try:
                yield name, _sample(name, file, job.settings)
            except AvslError as error:
                skipped.append({"id": name, "file": file.name, "why": str(error)})

    ends.update(shards.write_samples(part, samples()))
    missing = tuple(name for name, file in job.files.items() if file is None)
    settings = asdict(job.settings)
    shard = Shard("", "", 0, tuple(ends), tuple(ends.values()), missing, tuple(skipped), settings)
    if not ends:
        return shard
    return replace(shard, file=job.tar, sha256=sha256_of(part), bytes=part.stat().st_size)


def _sample(name: str, file: Path, settings: Settings) -> list[tuple[str, bytes]]:
    """Picture, sound and facts of one clip. Raises :class:`AvslError` with why it cannot be."""
    moment = of_video(file, None, Protocol(settings.at_s))
    if not moment.clip.has_sound:
        raise MediaError(f'"{file.name}" has no sound. Download the clip again with its sound.')
    frame = moment.clip.frames(moment.times_s)[0]
    facts = {
        "id": name,
        "video": file.name,
        "picture_s": round(float(moment.times_s[0]), 4),
        "fps_hz": round(moment.clip.fps_hz, 4),
        "notes": list(moment.clip.notes),
    }
    sound = flac_bytes(moment.clip.waveform)
    picture = jpeg_bytes(frame, settings.jpeg_quality)
    return [(f"{name}.jpg", picture), (f"{name}.flac", sound), (f"{name}.json", as_json(facts))]


def jpeg_bytes(frame: np.ndarray, quality: int) -> bytes:
    """uint8 (H, W, 3) RGB at its own size."""
    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def as_json(value: dict) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()
