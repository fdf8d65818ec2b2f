"""From downloaded videos to shards: the frame at 5 s, 16 kHz mono sound, a manifest.

    python -m train.data.prepare vggss --root ROOT --videos FOLDER --out FOLDER

Frame 125 at 25 fps is the frame at 5.0 s, whatever the rate. The clips of a set are cut into runs
of ``--per-shard`` ids in the order of its annotations; each run becomes ``shard-000000.tar`` and a
record of it beside the tar, both written under a temporary name and renamed. Killed and started
again, it goes on after the last whole shard and ends with the same bytes.
"""

import argparse
import hashlib
import io
import json
import sys
import wave
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from avsl.errors import AvslError, MediaError, SettingError
from avsl.progress import Progress, no_progress
from avsl.settings import SAMPLE_RATE_HZ
from avsl.storage import storage_errors
from train.data import registry, shards
from train.data.layouts import vggsound_key, videos
from train.data.media import AT_S, Protocol, of_video

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Settings:
    """How the shards are made; another value makes them anew."""

    set: str
    at_s: float = AT_S  # of the picture, since the first frame
    jpeg_quality: int = 95
    per_shard: int = 500  # ids of the annotations, there or not

    def __post_init__(self) -> None:
        if not 1 <= self.jpeg_quality <= 100:
            raise SettingError(f"The jpeg quality is 1 to 100, not {self.jpeg_quality}.")
        if self.per_shard < 1:
            raise SettingError(f"A shard holds at least one clip, not {self.per_shard}.")


@dataclass(frozen=True)
class Shard:
    """The record of one run of ids."""

    file: str  # "" where none of its clips is there
    sha256: str
    bytes: int
    written: tuple[str, ...]
    missing: tuple[str, ...]  # no video of that name
    skipped: tuple[dict[str, str], ...]  # id, file and why, for videos that cannot be used
    settings: dict


def prepare(
    settings: Settings, root: Path, folder: Path, out: Path, progress: Progress = no_progress
) -> dict:
    """Make all shards that are not there yet, and the manifest, which is returned."""
    ids, there = registry.media_ids(settings.set, root), videos(folder, vggsound_key)
    runs = [ids[i : i + settings.per_shard] for i in range(0, len(ids), settings.per_shard)]
    records = []
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        for number, run in enumerate(runs):
            files = {name: there.get(name) for name in run}
            stage = f"shard {number + 1} of {len(runs)}"
            progress(number / len(runs), stage)
            records.append(_shard(settings, out, number, files, _Step(progress, len(runs), stage)))
        manifest = _manifest(settings, ids, records)
        _replace(out / MANIFEST, _json(manifest))
    progress(1.0, "done")
    return manifest


@dataclass(frozen=True)
class _Step:
    """Progress within one shard."""

    progress: Progress
    runs: int
    stage: str

    def __call__(self, number: int, done: float, name: str) -> None:
        self.progress((number + done) / self.runs, f"{self.stage}: {name}")


def _shard(
    settings: Settings, out: Path, number: int, files: dict[str, Path | None], step: _Step
) -> Shard:
    """The record of a whole shard that is there and still right, or of one made now."""
    record = out / f"shard-{number:06d}.json"
    old = _kept(record, settings, files)
    if old is not None:
        return old
    tar = out / f"shard-{number:06d}.tar"
    part = tar.with_suffix(".tar.part")
    written: list[str] = []
    skipped: list[dict[str, str]] = []

    def members() -> Iterator[tuple[str, bytes]]:
        for place, (name, file) in enumerate(files.items()):
            step(number, place / len(files), name)
            if file is None:
                continue
            try:
                yield from _sample(name, file, settings)
                written.append(name)
            except AvslError as error:
                skipped.append({"id": name, "file": file.name, "why": str(error)})

    shards.write(part, members())
    data = (tar.name, _sha256(part), part.stat().st_size) if written else ("", "", 0)
    if written:
        part.replace(tar)
    else:
        part.unlink()
        tar.unlink(missing_ok=True)
    missing = tuple(name for name, file in files.items() if file is None)
    made = Shard(*data, tuple(written), missing, tuple(skipped), asdict(settings))
    _replace(record, _json(asdict(made)))
    return made


def _kept(record: Path, settings: Settings, files: dict[str, Path | None]) -> Shard | None:
    """What an earlier run left, unless settings, videos or the tar have changed since."""
    try:
        old = json.loads(record.read_text())
        shard = Shard(**{key: tuple(v) if isinstance(v, list) else v for key, v in old.items()})
    except (OSError, ValueError, TypeError):
        return None
    same = shard.settings == asdict(settings)
    same &= shard.missing == tuple(name for name, file in files.items() if file is None)
    same &= {*shard.written, *shard.missing, *(each["id"] for each in shard.skipped)} == {*files}
    tar = record.parent / shard.file
    whole = not shard.file or (tar.is_file() and tar.stat().st_size == shard.bytes)
    return shard if same and whole else None


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
    sound = wav_bytes(moment.clip.waveform)
    picture = jpeg_bytes(frame, settings.jpeg_quality)
    return [(f"{name}.jpg", picture), (f"{name}.wav", sound), (f"{name}.json", _json(facts))]


def jpeg_bytes(frame: np.ndarray, quality: int) -> bytes:
    """uint8 (H, W, 3) RGB at its own size."""
    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def wav_bytes(waveform: np.ndarray) -> bytes:
    """(S,) float32 in [-1, 1] at 16 kHz -> 16-bit PCM."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(np.rint(np.clip(waveform, -1, 1) * 32_767).astype("<i2").tobytes())
    return buffer.getvalue()


def _manifest(settings: Settings, ids: tuple[str, ...], records: list[Shard]) -> dict:
    """Nothing of this run in it (times, paths), so that it is the same however it came about."""
    return {
        "settings": asdict(settings),
        "wanted": len(ids),
        "written": sum(len(record.written) for record in records),
        "missing": sum(len(record.missing) for record in records),
        "skipped": [each for record in records for each in record.skipped],
        "shards": [
            {"file": r.file, "sha256": r.sha256, "bytes": r.bytes, "clips": len(r.written)}
            for r in records
            if r.file
        ],
    }


def _json(value: dict) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("train.data.prepare", description=__doc__.split("\n")[0])
    parser.add_argument("set", help="vggss, vggss/extended, vggsound-duet, ...")
    parser.add_argument("--root", type=Path, required=True, help="data root with annotations")
    parser.add_argument("--videos", type=Path, required=True, help="folder of downloaded videos")
    parser.add_argument("--out", type=Path, required=True, help="e.g. ROOT/vggss/shards")
    parser.add_argument("--per-shard", type=int, default=Settings.per_shard)
    parser.add_argument("--jpeg-quality", type=int, default=Settings.jpeg_quality)
    options = parser.parse_args(arguments)
    try:
        quality, per_shard = options.jpeg_quality, options.per_shard
        settings = Settings(options.set, jpeg_quality=quality, per_shard=per_shard)
        done = prepare(settings, options.root, options.videos, options.out, _line)
    except AvslError as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    print(f"\n{done['written']:,} of {done['wanted']:,} clips in {len(done['shards'])} shards;")
    print(f"{done['missing']:,} have no video, {len(done['skipped']):,} were skipped (manifest).")
    return 0


def _line(fraction: float, stage: str) -> None:
    print(f"\r{fraction:4.0%} {stage[:70]:70}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
