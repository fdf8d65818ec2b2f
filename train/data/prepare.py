"""From videos to shards: a frame of each, 16 kHz mono sound, a manifest.

    python -m train.data.prepare vggss --root ROOT --videos FOLDER --out PLACE
    python -m train.data.prepare clips --videos FOLDER --out s3://BUCKET/FOLDER

Of an annotated set it takes the frame at 5 s (frame 125 at 25 fps, whatever the rate), of any
other videos ("clips") the middle one. The clips are cut into runs of ``--per-shard`` ids; each run
becomes ``shard-000000.tar`` and a record of it, in as many processes as there are cores. All get
their names only when they are whole, and the manifest comes last: killed and started again, it goes
on with the shards that are not there, and ends with the same bytes, with any number of processes.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from avsl.cli_streams import print_any_name
from avsl.devices import usable_cores
from avsl.errors import AvslError, SettingError
from avsl.progress import Progress, no_progress
from avsl.storage import storage_errors
from train.data.shard_making import Job, Settings, Shard, as_json, kept
from train.data.shard_workers import make_all
from train.data.store import MANIFEST, Place, place_of
from train.data.wanted import notes_on, wanted


def prepare(
    settings: Settings,
    root: Path | None,
    folder: Path,
    out: str | Path,
    progress: Progress = no_progress,
    workers: int = 1,
) -> dict:
    """Make all shards that are not there yet, and the manifest, which is returned.

    ``root``: of the annotations; ``folder``: of the videos; ``out``: a folder or a URL.
    """
    if workers < 1:
        raise SettingError(f"At least one process has to work, not {workers}.")
    files, place = wanted(settings.set, root, folder), place_of(str(out))
    if not place.shared:
        workers = 1  # no other process would see it
    with storage_errors(Path(str(out))):
        jobs = list(_jobs(settings, place, files))
        records = {job.number: kept(job) for job in jobs}
        left = [job for job in jobs if records[job.number] is None]
        records.update(make_all(left, workers, progress))
        made, notes = [records[job.number] for job in jobs], notes_on(settings.set, folder, place)
        manifest = manifest_of(settings, len(files), made, notes)
        place.write(MANIFEST, as_json(manifest))
    progress(1.0, "done")
    return manifest


def _jobs(settings: Settings, place: Place, files: dict[str, Path | None]) -> Iterator[Job]:
    ids = list(files)
    for number, first in enumerate(range(0, len(ids), settings.per_shard)):
        run = ids[first : first + settings.per_shard]
        yield Job(settings, place, number, {name: files[name] for name in run})


def manifest_of(
    settings: Settings, count: int, records: list[Shard], notes: Sequence[str] = ()
) -> dict:
    """Nothing of this run in it (times, paths), so that it is the same however it came about."""
    return {
        "settings": asdict(settings),
        "wanted": count,
        "written": sum(len(record.written) for record in records),
        "missing": sum(len(record.missing) for record in records),
        "skipped": [each for record in records for each in record.skipped],
        "notes": [*notes],
        "shards": [
            {"file": r.file, "sha256": r.sha256, "bytes": r.bytes, "clips": len(r.written)}
            for r in records
            if r.file
        ],
    }


def main(arguments: list[str] | None = None) -> int:
    print_any_name()
    parser = argparse.ArgumentParser("train.data.prepare", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("set", help='vggss, vggss/extended, vggsound-duet, ... or "clips" for any videos')
    add("--root", type=Path, help="data root with annotations; clips need none")
    add("--videos", type=Path, required=True, help="folder of videos")
    add("--out", required=True, help="a folder (ROOT/vggss/shards) or a URL: s3://, gs://, ...")
    add("--per-shard", type=int, default=Settings.per_shard)
    add("--jpeg-quality", type=int, default=Settings.jpeg_quality)
    add("--workers", type=int, default=usable_cores(), help="processes (default: one a core)")
    options = parser.parse_args(arguments)
    try:
        quality, per_shard = options.jpeg_quality, options.per_shard
        settings = Settings.of(options.set, jpeg_quality=quality, per_shard=per_shard)
        places = options.root, options.videos, options.out
        done = prepare(settings, *places, _line, options.workers)
    except AvslError as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    print(f"\n{done['written']:,} of {done['wanted']:,} clips in {len(done['shards'])} shards;")
    print(f"{done['missing']:,} have no video, {len(done['skipped']):,} were skipped (manifest).")
    for note in done["notes"]:
        print(note)
    return 0


def _line(fraction: float, stage: str) -> None:
    print(f"\r{fraction:4.0%} {stage[:70]:70}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
