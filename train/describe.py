"""Descriptions of scenes for training that a language model guides.

    python -m train.describe --clips FOLDER_OR_LIST --out descriptions.jsonl
                             [--base-url URL] [--model NAME] [--frames 3] [--at-once 4]
                             [--max-tokens N] [--max-cost C --price-in P --price-out P] [--again]
    python -m train.describe --clips FOLDER_OR_LIST --out descriptions.jsonl --from answers.jsonl
    python -m train.describe --world 1000 [--difficulty hard] --out descriptions.jsonl

The first asks any OpenAI-compatible endpoint (vLLM, llama.cpp, a hosted model), whose address,
model and key are AVSL_LLM_BASE_URL, AVSL_LLM_MODEL and AVSL_LLM_API_KEY unless the flags say
otherwise. A list is .txt (a path a line), .csv (id, path, label) or .jsonl (id, path, labels).

Every clip ends in --out, or with the reason in the .rejects.jsonl beside it. Stopped or killed,
the same command goes on where it was: what is described is not asked again, and of the rejected
only what the endpoint never answered (--again: all). --max-tokens and --max-cost bound one run.

Exit code: 0 every clip is described, 1 some were rejected, 2 the run could not go on, 130 stopped.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from avsl.cli_streams import print_any_name
from avsl.errors import AvslError, SettingError
from avsl.media.endings import left_out
from avsl.progress import Progress, no_progress
from train.guidance.book import Book, opened, rejects_file
from train.guidance.clips import ClipToDescribe, clips_in
from train.guidance.describing import Asking, Budget, Outcome, describe
from train.guidance.endpoint import Model
from train.guidance.sources import WORLD_STREAM, file_key, from_file, from_world, world_key

OK, SOME_REJECTED, USAGE, INTERRUPTED = 0, 1, 2, 130
NO_LIMIT = float("inf")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    options = _parser().parse_args(arguments)
    try:
        return _describe(options)
    except AvslError as error:
        print(f"describe: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("describe: stopped; the same command goes on from here.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "train.describe",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, environment = parser.add_argument, os.environ.get
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--clips", type=Path, help="a folder with videos, or a list of clips")
    what.add_argument("--world", type=int, metavar="N", help="N scenes of the procedural world")
    add("--out", type=Path, required=True, help="descriptions, one JSON object a line")
    add("--from", dest="source", type=Path, metavar="FILE", help="take them from JSON lines")
    add("--base-url", default=environment("AVSL_LLM_BASE_URL", ""), help="up to /v1")
    add("--model", default=environment("AVSL_LLM_MODEL", ""))
    add("--api-key", default=environment("AVSL_LLM_API_KEY", ""),
        help="better AVSL_LLM_API_KEY: others on the machine see flags")  # fmt: skip
    add("--frames", type=int, default=Asking.frames, help="of each clip (default: %(default)s)")
    add("--frame-px", type=int, default=Asking.frame_px, help="longer side (default: %(default)s)")
    add("--at-once", type=int, default=Asking.at_once, help="requests (default: %(default)s)")
    add("--timeout", type=float, default=Model.timeout_s, metavar="SECONDS",
        help="of a request (default: %(default)s)")  # fmt: skip
    add("--tries", type=int, default=Model.tries, help="of a request (default: %(default)s)")
    add("--json-mode", action="store_true", help="ask for response_format json_object")
    add("--max-tokens", type=float, default=NO_LIMIT, help="of this run, in and out")
    add("--max-cost", type=float, default=NO_LIMIT, help="of this run, in the prices' currency")
    add("--price-in", type=float, default=0.0, help="of a million tokens asked")
    add("--price-out", type=float, default=0.0, help="of a million tokens answered")
    add("--again", action="store_true", help="ask about rejected clips once more")
    add("--seed", type=int, default=0, help="of the world's scenes")
    add("--difficulty", default="middling", help="of the world (default: %(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    return parser


@dataclass(frozen=True)
class _Count:
    described: int
    rejected: int
    broken_lines: int


def _describe(options: argparse.Namespace) -> int:
    if options.world is not None:
        names = [f"{WORLD_STREAM}/{options.seed}/{index}" for index in range(options.world)]
        with opened(options.out, world_key(options.difficulty)) as book:
            from_world(options.world, options.seed, options.difficulty, book)
        return _told(_count(book, names), options)
    clips = clips_in(options.clips)
    below = (file for file in options.clips.rglob("*") if file.is_file())
    note = left_out(below, options.clips)
    if note:  # a list has no files below it
        print(f"describe: {note}", file=sys.stderr)
    names = [clip.id for clip in clips]
    if options.source:
        with opened(options.out, file_key(options.source)) as book:
            from_file(options.source, clips, book)
        return _told(_count(book, names), options)
    outcome, book = _asked(clips, options)
    return _told(_count(book, names), options, outcome)


def _asked(clips: Sequence[ClipToDescribe], options: argparse.Namespace) -> tuple[Outcome, Book]:
    model = Model(
        options.base_url, options.model, options.api_key, options.timeout, options.tries,
        json_mode=options.json_mode,
    )  # fmt: skip
    asking = Asking(options.frames, options.frame_px, options.at_once)
    if asking.frames < 0 or asking.frame_px < 16 or asking.at_once < 1:
        raise SettingError("--frames has to be 0 or more, --frame-px 16, --at-once 1.")
    if options.max_cost < NO_LIMIT and not (options.price_in or options.price_out):
        raise SettingError("--max-cost needs --price-in and --price-out to reckon with.")
    budget = Budget(options.max_tokens, options.max_cost, options.price_in, options.price_out)
    with (
        opened(options.out, asking.key(model.name)) as book,
        _bar(options.quiet) as progress,
    ):
        return describe(clips, book, model, asking, budget, progress, options.again), book


def _count(book: Book, names: Sequence[str]) -> _Count:
    described = sum(name in book.described for name in names)
    rejected = sum(name in book.rejected for name in names)
    assert described + rejected == len(names), "a clip was dropped"
    return _Count(described, rejected, book.broken_lines)


def _told(count: _Count, options: argparse.Namespace, outcome: Outcome | None = None) -> int:
    total = count.described + count.rejected
    print(f"{options.out}: {count.described} of {total} clips are described.")
    if outcome:
        print(_bill(outcome))
    if count.broken_lines:
        print(f"{count.broken_lines} broken lines were found; their clips were done again.")
    if count.rejected:
        place = rejects_file(options.out)
        print(f"{count.rejected} were rejected, see the reasons in {place}.", file=sys.stderr)
    return SOME_REJECTED if count.rejected else OK


def _bill(outcome: Outcome) -> str:
    spent = outcome.spent
    cost = f", cost {spent.cost:.4g}" if spent.cost else ""
    guessed = " (an estimate: the endpoint counts none)" if spent.guessed else ""
    return (
        f"{outcome.described} of them now, in {outcome.seconds:.0f} s and {spent.answers} answers: "
        f"{spent.tokens_in} tokens in, {spent.tokens_out} out{guessed}{cost}."
    )


@contextmanager
def _bar(quiet: bool) -> Iterator[Progress]:
    """A progress bar on standard error."""
    if quiet:
        yield no_progress
        return
    with tqdm(total=100, desc="describing", unit="%", leave=False, file=sys.stderr) as bar:

        def progress(fraction: float, stage: str) -> None:
            bar.set_postfix_str(stage, refresh=False)
            bar.n = round(100 * fraction)
            bar.refresh()

        yield progress


if __name__ == "__main__":
    sys.exit(main())
