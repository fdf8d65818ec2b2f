"""Benchmark any variants on any sets, or score anybody's saved maps.

    python -m train.evaluate --variant sync path/to/folder user/repo --set world/single vggss
                             [--root DATA] [--seed S] [--n N] [--json FILE] [--out FOLDER]
                             [--no-baselines] [--quiet]
    python -m train.evaluate --maps FOLDER [--json FILE]
    python -m train.evaluate --list

The first prints every number with its 95 % interval, how many cases it rests on, the threshold of
the maps and what chose it, and writes results.json (the app's benchmark page reads it),
results.csv, plots/ and cases/ (the best and worst, as picture | truth | map) into --out. The
trivial baselines (whole image, centre Gaussian, sound-blind saliency) and the sync variant run
too, unless --no-baselines. Validation cases choose thresholds and are in no number.

The second prints every protocol as JSON; train/evaluation/maps_folder.py says what the folder
holds.

Exit code: 0 fine, 1 some set gave no number for a variant that was asked for, 2 wrong usage.
"""

import argparse
import json
import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from avsl import variants
from avsl.benchmark import Results
from avsl.cli_streams import print_any_name
from avsl.errors import AvslError, SettingError
from avsl.progress import Progress, no_progress
from avsl.storage import storage_errors
from avsl.variants import Variant
from train.data.cases import BenchmarkSet
from train.evaluation.baselines import baselines
from train.evaluation.benchmark import evaluate
from train.evaluation.maps_folder import score_folder
from train.evaluation.report import table, write
from train.evaluation.runner import Wanted

OK, NO_NUMBERS, USAGE, INTERRUPTED = 0, 1, 2, 130
VIDEO_BASELINE = "sync"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    options = _parser().parse_args(arguments)
    try:
        if options.maps:
            return _score_maps(options)
        if options.list:
            return _list(options)
        return _evaluate(options, arguments)
    except AvslError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print(f"evaluate: stopped; sets that were done are in {options.out}.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "train.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--variant", nargs="+", default=[], metavar="V", help="a name, a folder or a Hub id")
    add("--set", nargs="+", default=[], metavar="S", help="see --list; world: all of its sets")
    add("--root", type=Path, default=Path("data"), help="where real sets lie (default: data)")
    add("--seed", type=int, default=0, help="of the world's scenes and of noise")
    add("--n", type=int, help="at most so many test cases of each set (whole pictures)")
    add("--json", type=Path, metavar="FILE", help="write the results here as well")
    add("--out", type=Path, default=Path("avsl-out/benchmark"), help="default: %(default)s")
    add("--no-baselines", action="store_true", help="only the variants named")
    add("--quiet", action="store_true", help="no progress bar")
    add("--maps", type=Path, metavar="FOLDER", help="score saved maps instead of variants")
    add("--list", action="store_true", help="the sets, and what they are")
    return parser


def _score_maps(options: argparse.Namespace) -> int:
    if options.variant or options.set:
        raise SettingError("--maps scores saved maps alone; leave --variant and --set out.")
    text = json.dumps(score_folder(options.maps), indent=1)
    if options.json:
        with storage_errors(options.json):
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    return OK


def _list(options: argparse.Namespace) -> int:
    from train.data import registry

    for name in registry.names():
        print(name)
    return OK


def _evaluate(options: argparse.Namespace, arguments: list[str] | None) -> int:
    if not options.set:
        raise SettingError("Name at least one set with --set, or saved maps with --maps.")
    if options.n is not None and options.n < 1:
        raise SettingError(f"--n must be at least 1, not {options.n}.")
    sets = open_sets(options.set, options.root, options.seed)
    with _bar("loading", options.quiet) as progress:
        chosen = load_variants(options.variant, not options.no_baselines, progress)
    wanted = Wanted(options.n, options.seed)
    with _bar("evaluating", options.quiet) as progress:
        results = evaluate(sets, chosen, wanted, options.out, progress)
    command = shlex.join(sys.argv[1:] if arguments is None else arguments)
    results.made["command"] = f"python -m train.evaluate {command}"
    _report(results, options)
    asked = list(chosen)[: len(set(options.variant))]  # baselines come after them
    done = {(row.set, row.variant) for row in results.rows}
    missing = any((each.name, name) not in done for each in sets for name in asked)
    return NO_NUMBERS if missing else OK


def open_sets(names: list[str], root: Path, seed: int) -> list[BenchmarkSet]:
    """By name, each once, "world" for all of the world; :class:`AvslError` says which there are."""
    from train.data import registry

    world = [name for name in registry.names() if name.startswith("world/")]
    each = [one for name in names for one in (world if name == "world" else [name])]
    return [registry.open_set(name, root, seed) for name in dict.fromkeys(each)]


def load_variants(
    texts: list[str], with_baselines: bool, progress: Progress = no_progress
) -> dict[str, Variant]:
    """By the name to show: the card's, or what the user wrote where two cards share a name."""
    trivial = {baseline.card.name: baseline for baseline in baselines()}
    asked = {text: trivial.get(text) or variants.load(text, progress) for text in texts}
    holders = Counter(variant.card.name for variant in asked.values())
    chosen = {
        text if holders[variant.card.name] > 1 else variant.card.name: variant
        for text, variant in asked.items()
    }
    if with_baselines:
        for baseline in [*trivial.values(), variants.load(VIDEO_BASELINE)]:
            chosen.setdefault(baseline.card.name, baseline)
    if not chosen:
        raise SettingError("Name at least one variant with --variant, or drop --no-baselines.")
    return chosen


def _report(results: Results, options: argparse.Namespace) -> None:
    print(table(results))
    for note in filter(None, results.made["notes"].split("\n")):
        print(f"note: {note}")
    for path in write(results, options.out):
        print(path)
    if options.json:
        with storage_errors(options.json):
            options.json.parent.mkdir(parents=True, exist_ok=True)
            _seen_from(results, options.out, options.json.parent).save(options.json)
        print(options.json)


def _seen_from(results: Results, folder: Path, other: Path) -> Results:
    """The same results for a file in another folder: pictures stay where they are."""
    cases = [
        replace(case, picture=case.picture and os.path.relpath(folder / case.picture, other))
        for case in results.cases
    ]
    return replace(results, cases=cases)


@contextmanager
def _bar(title: str, quiet: bool) -> Iterator[Progress]:
    """A progress bar with the time left, on standard error."""
    if quiet:
        yield no_progress
        return
    form = "{desc} {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left {postfix}"
    with tqdm(total=1.0, desc=title, leave=False, file=sys.stderr, bar_format=form) as bar:

        def progress(fraction: float, stage: str) -> None:
            bar.set_postfix_str(stage, refresh=False)
            bar.update(max(fraction - bar.n, 0.0))

        yield progress


if __name__ == "__main__":
    sys.exit(main())
