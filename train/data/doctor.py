"""What of the real benchmark sets is on this disk, and what is wrong with it.

    python -m train.data.doctor --root ROOT [--set vggss flickr] [--quick] [--json]

Exit code 1 only where something that is there cannot be read. Wrong rates and lengths are told and
forgiven: frames are found by time and sounds resampled. So are muted clips, in which nothing could
be located.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from avsl.cli_streams import print_any_name
from avsl.errors import AvslError
from avsl.media.endings import SOUNDS, VIDEOS
from avsl.media.scan import scan
from avsl.media.sound import probe_sound
from avsl.progress import Progress, no_progress
from avsl.settings import LIMITS, SAMPLE_RATE_HZ
from train.data import registry
from train.data.listed import AnnotationError, Entry, ListedSet

RATE_SLACK = 0.01  # 25.02 frames a second are 25
LENGTH_SLACK_S = 0.5
LEAST_SAMPLE = 1.5 / 2**15  # a sound track that never leaves the lowest bit of 16 holds no sound
SHOWN = 10  # findings of each kind in the table


class Problem(StrEnum):
    UNREADABLE = "unreadable"
    RATE = "wrong rate"
    LENGTH = "wrong length"
    MUTED = "muted"


@dataclass(frozen=True)
class Finding:
    """One thing wrong with one file, or with one case where it is in a shard."""

    problem: Problem
    where: str
    sentence: str


@dataclass(frozen=True)
class SetReport:
    """What of one set is there. Cases, not files, are counted."""

    name: str
    expected: int
    found: tuple[str, ...]  # test ids whose files are there
    missing: tuple[str, ...]  # test ids of the annotations whose files are not
    findings: tuple[Finding, ...] = ()
    annotations: str = ""  # the sentence where they are missing; nothing else is known then

    def count(self, problem: Problem) -> int:
        return sum(finding.problem is problem for finding in self.findings)

    @property
    def sentence(self) -> str:
        return f"{self.name}: {len(self.found):,} found of {self.expected:,} expected"


def examine(
    name: str, root: Path, quick: bool = False, progress: Progress = no_progress
) -> SetReport:
    """Look for one real set; unless ``quick``, decode a frame and the sound of every case."""
    try:
        found = registry.open_set(name, root)
    except AnnotationError as error:
        return SetReport(name, 0, (), (), annotations=str(error))
    findings = () if quick else tuple(dict.fromkeys(_findings(found, progress)))
    return SetReport(name, found.expected, found.ids(), found.missing, findings)


def _findings(found: ListedSet, progress: Progress) -> Iterator[Finding]:
    seen: set[tuple[Path, ...]] = set()
    for number, entry in enumerate(found.entries):
        progress(number / len(found.entries), f"{found.name}: {entry.id}")
        if entry.files and entry.files in seen:
            continue
        seen.add(entry.files)
        yield from _of_entry(found, entry)


def _of_entry(found: ListedSet, entry: Entry) -> Iterator[Finding]:
    where = ", ".join(map(str, entry.files[:1])) or entry.id
    try:
        case = entry.case()
        case.clip.frames(case.times_s[:1])
        rates = list(_rates(found, entry, case.clip.fps_hz))
    except AvslError as error:
        yield Finding(Problem.UNREADABLE, where, str(error))
        return
    yield from rates
    if damage := case.clip.source.damage():
        yield Finding(Problem.UNREADABLE, where, damage[0])
    if np.abs(case.clip.waveform).max(initial=0.0) < LEAST_SAMPLE:
        yield Finding(Problem.MUTED, where, "Its sound track holds digital silence alone.")
    length_s, wanted_s = case.clip.duration_s, found.length_s
    if wanted_s is not None and abs(length_s - wanted_s) > LENGTH_SLACK_S:
        text = f"It lasts {length_s:.1f} s; clips of this set last {wanted_s:g} s."
        yield Finding(Problem.LENGTH, where, text)


def _rates(found: ListedSet, entry: Entry, fps_hz: float) -> Iterator[Finding]:
    for file in entry.files:
        for track in scan(file, LIMITS).sounds[:1] if file.suffix.lower() in SOUNDS else ():
            rate_hz = probe_sound(file, track.index).sample_rate_hz
            if rate_hz != SAMPLE_RATE_HZ:
                text = f"Its sound has {rate_hz} Hz, not {SAMPLE_RATE_HZ}; resampled."
                yield Finding(Problem.RATE, str(file), text)
    if not entry.files or entry.files[0].suffix.lower() not in VIDEOS or not found.rate_hz:
        return
    if fps_hz and abs(fps_hz / found.rate_hz - 1) > RATE_SLACK:
        text = f"It has {fps_hz:.2f} frames a second, not {found.rate_hz:g}; the time tells."
        yield Finding(Problem.RATE, str(entry.files[0]), text)


def table(reports: list[SetReport]) -> str:
    """One line a set, then what is wrong in sentences."""
    heads = ("set", "found", "expected", "missing", *Problem)
    rows = [heads, *map(_row, reports)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    for report in reports:
        lines += _sentences(report)
    return "\n".join(line.rstrip() for line in lines)


def _row(report: SetReport) -> tuple[str, ...]:
    if report.annotations:
        return (report.name, "no annotations", *[""] * (2 + len(Problem)))
    counts = (len(report.found), report.expected, len(report.missing))
    return (report.name, *(f"{n:,}" for n in (*counts, *map(report.count, Problem))))


def _sentences(report: SetReport) -> list[str]:
    if report.annotations:
        return [f"{report.name}: {report.annotations}"]
    lines, told = [], Counter()
    for finding in report.findings:
        told[finding.problem] += 1
        if told[finding.problem] <= SHOWN:
            lines.append(f"{report.name}: {finding.problem}: {finding.where}: {finding.sentence}")
    rest = [(problem, count - SHOWN) for problem, count in told.items() if count > SHOWN]
    return lines + [f"{report.name}: and {n} more of {problem} (--json)." for problem, n in rest]


def main(arguments: list[str] | None = None) -> int:
    print_any_name()
    parser = argparse.ArgumentParser("train.data.doctor", description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="data root, see README.md")
    parser.add_argument("--set", nargs="+", default=registry.real_names(), metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="look for files, decode nothing")
    parser.add_argument("--json", action="store_true", help="everything, with all ids")
    options = parser.parse_args(arguments)
    try:
        progress = _line if sys.stderr.isatty() else no_progress
        reports = [examine(name, options.root, options.quick, progress) for name in options.set]
    except AvslError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps([asdict(r) for r in reports], indent=1) if options.json else table(reports))
    return int(any(report.count(Problem.UNREADABLE) for report in reports))


def _line(fraction: float, stage: str) -> None:
    print(f"\r{fraction:4.0%} {stage[:70]:70}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
