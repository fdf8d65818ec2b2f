"""The command line's studio: several variants on one clip, and whether one is listening."""

import argparse
import csv
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from avsl.annotation import on_moments, read_annotations
from avsl.cli_arguments import expanded
from avsl.cli_bar import bar
from avsl.cli_settings import OUT, folder_of
from avsl.clip import Clip
from avsl.compare import (
    Comparison,
    Rightness,
    against_truth,
    compare,
    equal_verdicts,
    moments_csv,
    moments_table,
    overlap,
)
from avsl.listening import Listening, Played, Probing, listening, probe
from avsl.localization import Verdict
from avsl.media import read, read_sound
from avsl.names import printable
from avsl.overlay import Style
from avsl.sheets import comparison_png, probing_png
from avsl.storage import require_free_disk, storage_errors, whole
from avsl.swap import Swapped, Words, swap
from avsl.swap_files import called, sound_of, still_of, swap_png, swap_report


def add_compare(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _add_clip(parser)
    add("--variants", type=_names, required=True, metavar="A,B", help="two names or more")
    add("--threshold", type=float, help="one for all (default: each variant's own)")
    add("--truth", type=Path, metavar="FILE",
        help="what sounds: a picture of a mask, or boxes as JSON (VGG-SS's list)")  # fmt: skip
    add("--truth-at", type=float, default=0.0, metavar="S",
        help="second that a mask or a mere list of boxes is of (default: %(default)s)")  # fmt: skip
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


def add_swap(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("pictures", nargs="+", type=Path, metavar="PICTURE", help="images; or videos, see --at")
    add("--sound", nargs="+", type=Path, default=[], metavar="FILE", help="sound files or videos")
    add("--words", nargs="+", default=[], metavar="WORD",
        help="words instead of sounds, for variants that read them")  # fmt: skip
    add("--variant", default="acl-tiny", metavar="V",
        help="name (see the list command), folder or Hub id (default: %(default)s)")  # fmt: skip
    add("--at", type=float, metavar="S", help="the moment of a video (default: half-way)")
    add("--out", type=Path, default=OUT / "swap.png", metavar="PNG",
        help="the sheet of all pairs (default: %(default)s)")  # fmt: skip
    add("--json", action="store_true", help="one JSON object on standard output")
    add("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=_swap)


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
    right, notes = _right(found, clip, options) if options.truth else ((), ())
    sheet = _write(options, "compare.png", comparison_png(found, clip, style))
    table = sheet.with_suffix(".csv")
    moments_csv(found, table, options.threshold)
    if options.csv:
        csv.writer(sys.stdout).writerows(moments_table(found, options.threshold))
    else:
        _say_comparison(found, options.threshold)
        _say_rightness(right, notes)
        print(f"  {sheet}\n  {table}")
    return 0


def _right(
    found: Comparison, clip: Clip, options: argparse.Namespace
) -> tuple[tuple[Rightness, ...], tuple[str, ...]]:
    """Every variant against the truth in a file, and notes on that."""
    annotations, notes = read_annotations(options.truth, clip.name, options.truth_at)
    masks, moments = on_moments(annotations, found.times_s, clip.width / clip.height)
    at = ", ".join(f"{found.times_s[moment]:.2f}" for moment in moments)
    judged = against_truth(found, masks, moments, options.threshold)
    return judged, (*notes, f"The truth is of the moments at {at} s.")


def _say_rightness(right: tuple[Rightness, ...], notes: tuple[str, ...]) -> None:
    if right:
        print(f"{'Against the truth:':<26}cIoU  success   AUC  left dark")
    for each in right:
        values = (each.ciou, each.success, each.auc, each.dark)
        print(f"  {each.name:<22}" + "".join(f"{_or_dash(value):>7}" for value in values))
    for note in notes:
        print(f"  note: {note}")


def _or_dash(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


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
        print(f"{name:<{wide}}" + "".join(f"{_or_dash(value):>6}" for value in row))


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


def _swap(options: argparse.Namespace) -> int:
    stills = [still_of(path, options.at) for path in expanded(options.pictures)]
    asked = [*map(sound_of, expanded(options.sound)), *map(Words, options.words)]
    with bar("swap", options.quiet) as progress:
        found = swap(stills, asked, options.variant, progress)
    with storage_errors(options.out):
        require_free_disk(options.out.parent)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_bytes(swap_png(found))
    if options.json:
        print(json.dumps({**swap_report(found), "files": {"sheet": str(options.out)}}))
    else:
        _say_swapped(found)
        print(f"  {options.out}")
    return 0


def _say_swapped(found: Swapped) -> None:
    for row, still in enumerate(found.stills):
        print(printable(still.name))
        for column, each in enumerate(found.asked):
            verdict, sure = found.verdict(row, column), found.confidence[row, column]
            name = called(each.name, isinstance(each, Words))
            where = ", ".join(found.places(row, column)) or f"nothing shown ({verdict.value})"
            print(f"  {name:<24}{where}, confidence {sure:.2f}")
    for note in found.notes:
        print(f"  note: {note}")


def _write(options: argparse.Namespace, name: str, content: bytes) -> Path:
    """A file in the clip's subfolder of the output folder."""
    folder = folder_of(options.clip, options.out)
    with storage_errors(folder):
        require_free_disk(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with whole(folder / name) as place:
            place.write_bytes(content)
    return folder / name
