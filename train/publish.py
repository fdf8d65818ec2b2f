"""Put a trained variant on the Hub, from where avsl.load("user/name") brings it back.

    python -m train.publish DIR --repo user/name [--private] [--revision BRANCH] [--dry-run]

DIR holds model.safetensors and card.json, and config.json (of the training), results.json (of
train.evaluate) and backbone.json (of train.stages.run) where they are known. A README.md is written
from them for the Hub; DIR itself is not changed. Everything goes up in one commit, or nothing does.
--dry-run prints what would.

The token is that of `hf auth login` or HF_TOKEN. Exit code: 0 fine, 2 not published.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import logging

from avsl import variants
from avsl.cli_streams import print_any_name
from avsl.errors import AvslError, SettingError
from avsl.publishing import Published, publish
from avsl.variants.base import CARD_FILE, WEIGHTS_FILE
from train.model_card import (
    BACKBONE_FILE,
    CONFIG_FILE,
    README,
    RESULTS_FILE,
    UNSAID,
    Facts,
    facts_of,
    model_card,
)

OK, USAGE, INTERRUPTED = 0, 2, 130
PUBLISHED = (WEIGHTS_FILE, CARD_FILE, CONFIG_FILE, RESULTS_FILE, BACKBONE_FILE)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    options = _parser().parse_args(arguments)
    try:
        return _publish(options)
    except AvslError as error:
        print(f"publish: {' '.join(str(error).split())}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("publish: stopped; nothing was published.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "train.publish",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="a variant's folder")
    add("--repo", required=True, help="where to: user/name")
    add("--private", action="store_true", help="a new repository is seen by its owner only")
    add("--revision", metavar="BRANCH", help="a branch, made where it is missing (default: main)")
    add("--dry-run", action="store_true", help="print what would be published; no network")
    return parser


def contents(
    folder: Path, repo: str, revision: str | None = None
) -> tuple[Facts, dict[str, Path | bytes]]:
    """What goes to ``repo``, by its name there; the variant is loaded once to see that it can be.

    Raises :class:`avsl.errors.VariantError`.
    """
    if not folder.is_dir():
        raise SettingError(f"There is no folder {folder}.")
    facts = facts_of(folder)
    variants.load(str(folder))
    found: dict[str, Path | bytes] = {
        name: folder / name for name in PUBLISHED if (folder / name).is_file()
    }
    return facts, {**found, README: model_card(facts, repo, revision).encode()}


def _publish(options: argparse.Namespace) -> int:
    facts, files = contents(options.folder, options.repo, options.revision)
    _warn(facts, files)
    if options.dry_run:
        print(files[README].decode())
        print(f"Would be published to {options.repo}: {', '.join(files)}.")
        return OK
    message = f"Publish {facts.card['name']}"
    with _hub_is_quiet():
        done = publish(files, options.repo, options.private, options.revision, message)
    _told(done, options.revision)
    return OK


@contextmanager
def _hub_is_quiet() -> Iterator[None]:
    """huggingface_hub's own warnings of every retry would bury the one sentence at the end."""
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _warn(facts: Facts, files: dict) -> None:
    """What a stranger will miss in this folder, and what stays at home."""
    missing = []
    if not facts.card.get("trained_on"):
        missing.append(UNSAID)
    if not facts.rows:
        missing.append(f"There is no {RESULTS_FILE}, so the model card has no numbers.")
    if not facts.config:
        missing.append(f"There is no {CONFIG_FILE}, so nobody can train it again.")
    here = {file.name for file in facts.folder.iterdir()}
    if left := sorted(here - set(files)):
        missing.append(f"Not published: {', '.join(left)}.")
    for sentence in missing:
        print(f"note: {sentence}", file=sys.stderr)


def _told(done: Published, revision: str | None) -> None:
    if not done.changed:
        print(f"{done.repo} holds exactly this already: {done.url}")
        return
    print(f"Published: {done.url}")
    asked = f', revision="{revision}"' if revision else ""
    print(f'Bring it back with avsl.load("{done.repo}"{asked}).')


if __name__ == "__main__":
    sys.exit(main())
