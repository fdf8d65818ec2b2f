"""The command line's studio: several variants on one clip, and whether one is listening."""

import argparse
import csv
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from avsl.cli_bar import bar
from avsl.clip import Clip
from avsl.compare import Comparison, compare, equal_verdicts, moments_csv, moments_table, overlap
from avsl.listening import Listening, Played, Probing, listening, probe
from avsl.localization import Verdict
from avsl.media import read, read_sound
from avsl.overlay import Style
from avsl.sheets import comparison_png, probing_png
from avsl.storage import require_free_disk, storage_errors

OUT = Path("avsl-out")


def add_compare(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _add_clip(parser)
    add("--variants", type=_names, required=True, metavar="A,B", help="two names or more")
    add("--threshold", type=float, help="one for all (default: each variant's own)")
    add("--csv", action="store_true", help="the table of moments on standard output instead")
    parser.set_defaults(run=_compare)


def add_probe(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _add_clip(parser)
    add("--variant", default="sync", metavar="V",
        help="name (see the list command), folder or Hub id (default: %(default)s)")  # fmt: skip
    add("--other", type=Path, metavar="SOUND", help="a sound file or video (default: built in)")
    add("--shift", type=float, metavar="S", help="seconds, at least 2 (default: 2.7)")
    add("--threshold", type=float, help="of the maps (default: the variant's)")
    add("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=_probe)


def _add_clip(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("clip", type=Path, metavar="CLIP", help="a video; or an image, with --sound")
    add("--sound", type=Path, help="a sound file to use instead of the clip's own")
    add("--fps", type=float, help="maps per second (default: the variant's, the lowest of them)")
    add("--out", type=Path, default=OUT, help="folder; a subfolder for the clip")
    add("--quiet", action="store_true", help="no progress bar")


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _compare(options: argparse.Namespace) -> int:
    style = Style(threshold=options.threshold)
    clip = read(options.clip, sound=options.sound)
    with bar(clip.name, options.quiet) as progress:
        found = compare(clip, options.variants, options.fps, progress)
    sheet = _write(options, "compare.png", comparison_png(found, clip, style))
    table = sheet.with_suffix(".csv")
    moments_csv(found, table, options.threshold)
    if options.csv:
        csv.writer(sys.stdout).writerows(moments_table(found, options.threshold))
    else:
        _say_comparison(found, options.threshold)
        print(f"  {sheet}\n  {table}")
    return 0


def _say_comparison(found: Comparison, threshold: float | None) -> None:
    wide = 2 + max(len(name) for name in found.names)
    print(f"{'':<{wide}}threshold  sounding  seconds  of frames shared  weights")
    for entrant in found.entrants:
        level = entrant.localization.threshold if threshold is None else threshold
        share, cost = entrant.localization.share(Verdict.SOUNDING), entrant.cost
        print(
            f"{entrant.name:<{wide}}{level:9.2f}{100 * share:8.0f} %{cost.seconds:9.1f}"
            f"{cost.spared_s:16.1f} s{cost.weights_bytes / 1e6:6.1f} MB"
        )
    _say_pairs("IoU where both show something", found.names, overlap(found, threshold).mean)
    _say_pairs("Moments with the same verdict", found.names, equal_verdicts(found))
    for note in (*found.notes, *_notes_of(found)):
        print(f"  note: {note}")


def _say_pairs(title: str, names: tuple[str, ...], values: np.ndarray) -> None:
    print(f"{title}:")
    wide = 2 + max(map(len, names))
    for name, row in zip(names, values, strict=True):
        print(f"{name:<{wide}}" + "".join("     -" if np.isnan(v) else f"{v:6.2f}" for v in row))


def _notes_of(found: Comparison) -> list[str]:
    """What had to be done to the clip, each sentence once."""
    notes = [note for entrant in found.entrants for note in entrant.localization.notes]
    return list(dict.fromkeys(notes))


def _probe(options: argparse.Namespace) -> int:
    style = Style(threshold=options.threshold)
    clip = read(options.clip, sound=options.sound)
    other, notes = read_sound(options.other) if options.other else (None, ())
    with bar(clip.name, options.quiet) as progress:
        probing = probe(clip, options.variant, other, options.shift, options.fps, progress)
    told = listening(probing, options.threshold)
    sheet = _write(options, "probe.png", probing_png(probing, told, clip, style))
    if options.json:
        print(json.dumps(_report(clip, probing, told, notes, sheet)))
    else:
        _say_listening(probing, told, notes)
        print(f"  {sheet}")
    return 0


def _report(
    clip: Clip, probing: Probing, told: Listening, notes: tuple[str, ...], sheet: Path
) -> dict:
    return {
        "clip": clip.name,
        "variant": probing.own.provenance.variant,
        **asdict(told),
        "files": {"sheet": str(sheet)},
        "notes": [*notes, *probing.notes],
    }


def _say_listening(probing: Probing, told: Listening, notes: tuple[str, ...]) -> None:
    print(told.sentence)
    if told.score is not None:
        print(f"Listening score {told.score:.2f}, on {told.moments} moments:")
    parts = (
        (Played.OTHER, told.other),
        (Played.SILENCE, told.silence),
        (Played.NOISE, told.noise),
        (Played.SHIFTED, told.shifted),
    )
    for played, part in parts:
        if part is not None:
            moved, emptied = 100 * part.moved, 100 * part.emptied
            print(f"  {played.value:<24}moved {moved:3.0f} %   emptied {emptied:3.0f} %")
    for note in (*notes, *probing.notes):
        print(f"  note: {note}")


def _write(options: argparse.Namespace, name: str, content: bytes) -> Path:
    """A file in the clip's subfolder of the output folder."""
    folder = options.out / (options.clip.stem or options.clip.name)
    with storage_errors(folder):
        require_free_disk(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / name
