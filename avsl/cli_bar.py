"""The progress bar of the command line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from avsl.names import printable
from avsl.progress import Progress, no_progress


@contextmanager
def bar(title: str, quiet: bool) -> Iterator[Progress]:
    """A progress bar on standard error that follows the stages of one clip."""
    if quiet:
        yield no_progress
        return
    with tqdm(
        total=100, desc=printable(title[:30]), unit="%", leave=False, file=sys.stderr
    ) as shown:

        def progress(fraction: float, stage: str) -> None:
            shown.set_postfix_str(stage, refresh=False)
            shown.n = round(100 * fraction)
            shown.refresh()

        yield progress
