"""The command line over whole corpora: ``batch``."""

import argparse
import json
import sys
from pathlib import Path

from avsl.cli_bar import bar


def add_batch(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("input", metavar="INPUT",
        help="folder of videos or shards, one of them, or a list (.txt, .csv, .jsonl)")  # fmt: skip
    add("--out", required=True, metavar="FOLDER",
        help="for tables and maps; given again, the run goes on there")  # fmt: skip
    add("--engine", choices=("local", "ray"), default="local", help="default: %(default)s")
    add("--variant", default="sync", metavar="V",
        help="name (see the list command), folder or Hub id (default: %(default)s)")  # fmt: skip
    add("--revision", metavar="R", help="branch, tag or commit of a Hub id (default: main)")
    add("--int8", action="store_true", help="8-bit frame encoding on the processor (acl)")
    add("--fps", type=float, help="maps per second (default: the variant's)")
    add("--threshold", type=float, help="map values from here up count (default: the variant's)")
    add("--workers", type=int, metavar="N", help="processes (default: what the cores feed)")
    add("--threads", type=int, default=1, metavar="N", help="of each worker (default: 1)")
    add("--per-part", type=int, default=64, metavar="N",
        help="clips of a file, and the most that a kill costs (default: %(default)s)")  # fmt: skip
    add("--ray-address", metavar="A", help="of a cluster (default: one on this machine)")
    add("--gpus-per-worker", type=float, default=0.0, metavar="G", help="of a Ray cluster")
    add("--seconds-per-clip", type=float, metavar="S", help="instead of timing a few clips")
    add("--dollars-per-hour", type=float, metavar="D", help="of all workers together")
    add("--dry-run", action="store_true", help="say what it takes, and stop there")
    add("--json", action="store_true", help="one JSON object on standard output")
    add("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=_batch)


def _batch(options: argparse.Namespace) -> int:
    from avsl.corpus import cost, running  # Parquet is needed by no other command
    from avsl.corpus.settings import Settings
    from avsl.corpus.source import corpus

    settings = Settings(
        options.variant, options.revision, options.int8, options.fps, options.threshold,
        options.per_part, options.threads,
    )  # fmt: skip
    crew = _crew(options)
    clips = corpus(options.input)
    with bar(f"loading {options.variant}", options.quiet) as progress:
        planned = running.plan(clips, settings, options.out, progress)
    left = tuple(source for _, sources in planned.left for source in sources)
    expected = cost.Cost(len(left), crew.workers, _each(options, planned.job, left),
                         options.dollars_per_hour)  # fmt: skip
    if options.dry_run:
        _print_cost(expected, options.json)
        return 0
    _say_start(expected, clips)
    with bar("batch", options.quiet) as progress:
        manifest = running.run(planned, crew, progress)
    return _say_done(manifest, options)


def _crew(options: argparse.Namespace):
    from avsl.corpus import local, on_ray, running

    workers = options.workers
    if workers is None:
        workers = local.default_workers(options.threads)
    cluster = on_ray.Cluster(options.ray_address, options.gpus_per_worker)
    return running.Crew(running.Engine(options.engine), workers, cluster)


def _each(options: argparse.Namespace, job, left: tuple):
    """What a clip takes: as told, or measured, or nothing where no clip is left."""
    from avsl.corpus import cost

    if options.seconds_per_clip is not None or not left:
        return cost.Measured(options.seconds_per_clip or 0.0)
    with bar("timing a few clips", options.quiet):
        return cost.measure(job, left)


def _say_start(expected, clips) -> None:
    """On standard error, since it is no result."""
    for note in clips.notes:
        print(f"note: {note}", file=sys.stderr)
    done = len(clips.sources) - expected.clips
    if done:
        print(f"{done} of {len(clips.sources)} clips are done already.", file=sys.stderr)
    if expected.clips:
        print(expected.sentence, file=sys.stderr)


def _print_cost(expected, as_json: bool) -> None:
    if not as_json:
        print(expected.sentence)
        return
    told = {
        "clips": expected.clips,
        "workers": expected.workers,
        "seconds_per_clip": expected.each.seconds,
        "hours": expected.hours,
        "bytes": expected.output_bytes,
        "dollars": expected.dollars,
    }
    print(json.dumps(told))


def _say_done(manifest: dict, options: argparse.Namespace) -> int:
    counts = manifest["counts"]
    if options.json:
        print(json.dumps({**counts, "out": options.out}))
    else:
        print(
            f"{counts['clips']} clips, {counts['moments']} moments, "
            f"{counts['dead_letters']} dead letters: {options.out}"
        )
        if counts["dead_letters"]:
            print(f"  {Path(options.out) / 'dead-letters.parquet'} says why")
    return 1 if counts["dead_letters"] else 0
