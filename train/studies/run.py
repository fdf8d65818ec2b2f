"""Train and judge what a study is made of.

    python -m train.studies.run STUDY ... [--out DIR] [--arm PATTERN ...] [--seed N ...]

Trials that are done are kept: a study that was stopped goes on where it was, and several processes
share the work if each is given other arms or seeds. What is the same training in two studies is
done once. Every trial leaves trial.json.
"""

import argparse
import json
import shutil
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path

from avsl.cli_streams import print_any_name
from avsl.errors import AvslError
from avsl.synthetic.world import VERSION, Classes, Recipe
from avsl.variants.base import WEIGHTS_FILE
from train.config import TrainConfig, assignments
from train.studies.plan import STUDIES, Trial, trials
from train.train import Trained, train
from train.validation import Scenes, judged

OUT, TRIAL = Path("avsl-out/studies"), "trial.json"
SCENES = 500  # of each test set, and half as many with their source out of view
SEVERAL = (0.0, 1.0, 1.0, 0.5)  # weights of 1, 2, ... objects in view
TEST_SETS = {
    "single": Recipe(),
    "twins": Recipe(objects=SEVERAL, twins=1.0),
    "unheard": Recipe(classes=Classes.UNHEARD),
}
MORE_SETS = {  # of one study
    "unpaired": {each: Recipe(classes=Classes(each)) for each in ("paired", "unpaired")},
}


def run(trial: Trial, folder: Path) -> dict:
    """Train it and judge what was kept on scenes of their own, at the threshold of validation."""
    began = time.monotonic()
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        trained = train(trial.config, folder, resume=True)
    found = {
        "arm": trial.arm,
        "seed": trial.config.seed,
        "world": VERSION,
        "config": trial.config.to_dict(),
        "seconds": round(time.monotonic() - began, 1),
        "validation": [asdict(each) for each in trained.history],
        "test": test(trained, TEST_SETS | MORE_SETS.get(trial.study, {})),
    }
    _write(folder, found)
    return found


def known(trial: Trial, folder: Path, out: Path, keep: bool) -> dict | None:
    """The figures of the very same training, where another study in ``out`` has them; ``keep``:
    and its weights.
    """
    for path in sorted(out.glob(f"*/*/{TRIAL}")):
        found = json.loads(path.read_text(encoding="utf-8"))
        same = not trial.config.differs(TrainConfig.from_dict(found["config"]))
        if same and found["world"] == VERSION and (not keep or _has_weights(path.parent)):
            if keep:
                shutil.copytree(path.parent, folder, dirs_exist_ok=True)
            _write(folder, found := {**found, "arm": trial.arm})
            return found
    return None


def _has_weights(folder: Path) -> bool:
    return (folder / WEIGHTS_FILE).is_file()


def _write(folder: Path, found: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TRIAL).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def test(trained: Trained, sets: dict[str, Recipe]) -> dict[str, dict[str, float]]:
    """By set: what :class:`~train.measures.Measures` holds, the gate and what it finds there."""
    config, found = trained.feed.config, {}
    trained.student.module.eval()
    for name, recipe in sets.items():
        scenes = Scenes.of_world(replace(config, validation_scenes=SCENES), f"study {name}", recipe)
        if config.remember:
            scenes = scenes.kept(trained.feed, name)
        found[name] = judged(trained.student, scenes, config.batch, trained.best.threshold)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    parser = argparse.ArgumentParser(
        "train.studies.run", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("study", nargs="+", choices=sorted(STUDIES))
    parser.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    parser.add_argument("--arm", nargs="+", metavar="PATTERN", help="such as 'acl*': these alone")
    parser.add_argument("--seed", type=int, nargs="+", metavar="N", help="these alone")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE")
    parser.add_argument("--keep", action="store_true", help="the weights of each trial, too")
    options = parser.parse_args(arguments)
    try:
        changes = assignments(options.set)
        for trial in trials(*options.study):
            folder = options.out / trial.study / trial.folder
            if not _wanted(trial, options) or (folder / TRIAL).is_file():
                continue
            trial = replace(trial, config=trial.config.changed(changes))
            found = known(trial, folder, options.out, options.keep) or run(trial, folder)
            if not options.keep:
                _forget_weights(folder)
            print(_line(trial, found), flush=True)
    except AvslError as error:
        print(f"studies: {error}", file=sys.stderr)
        return 2
    return 0


def _wanted(trial: Trial, options: argparse.Namespace) -> bool:
    arm = options.arm is None or any(fnmatchcase(trial.arm, each) for each in options.arm)
    return arm and (options.seed is None or trial.config.seed in options.seed)


def _line(trial: Trial, found: dict) -> str:
    single = found["test"]["single"]
    return (
        f"{trial.study}: {trial.name}: cIoU {single['ciou']:.1f}, AUC {single['auc']:.1f}, "
        f"on the source {single['on_source']:.1f} %, on something silent "
        f"{single['on_silent']:.1f} %; {found['seconds']:.0f} s"
    )


def _forget_weights(folder: Path) -> None:
    """A sweep leaves its figures, not gigabytes."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != TRIAL:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main())
