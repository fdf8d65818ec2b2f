"""A training gives a variant, the same one again, and goes on after a kill as if nothing was."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from pathlib import Path

import pytest

import avsl
from tests.train.small import SMALL, losses, one_thread, trained  # noqa: F401
from train.config import TrainConfig
from train.logbook import LOSSES, SPEED, VALIDATION, columns
from train.presets import preset
from train.run_folder import RunFolder
from train.train import _has_stalled, learning_rate, main, train
from train.validation import Validation

pytestmark = pytest.mark.usefixtures("one_thread")


def command(out, **changes) -> list[str]:
    """The shell command of a small training."""
    folder = out.parent / f"{out.name}-settings"
    folder.mkdir()
    settings = folder / "config.json"
    settings.write_text(json.dumps(SMALL.changed(changes).to_dict()))
    return [
        "-m",
        "train.train",
        "--preset",
        str(settings),
        "--set",
        "device=cpu",
        "--out",
        str(out),
    ]


def test_a_training_gives_a_variant_with_what_was_measured_on_its_card(tmp_path, capsys):
    best = train(SMALL, tmp_path / "out").best
    variant = avsl.load(str(tmp_path / "out"))
    card = variant.card
    assert card.name == "small"
    assert (variant.image_px, variant.window_s) == (32, 1.0)
    assert card.threshold == best.threshold
    assert f"{best.ciou:.1f} cIoU" in card.threshold_rule
    assert card.confidence_gate == best.gate
    assert "out of view" in card.confidence_rule
    assert "32 pictures" in card.trained_on and "Nothing in it is real" in card.trained_on
    assert {each.name for each in (tmp_path / "out" / "run").iterdir()} >= {
        LOSSES, VALIDATION, "curves.png", "maps.png", "state.pt", "best.pt",
    }  # fmt: skip
    told = capsys.readouterr()
    assert "each meets 7 others" in told.out and "steps/s" in told.out
    assert "left" in told.err  # the time


def test_its_config_trains_it_again_and_another_seed_does_not(tmp_path):
    first = trained(tmp_path / "first")
    kept = preset(str(tmp_path / "first" / "config.json"))
    assert kept.differs(SMALL) == []
    train(kept.changed({"device": "cpu"}), tmp_path / "again")
    assert losses(tmp_path / "again") == first
    assert trained(tmp_path / "other", seed=1) != first


def test_killed_and_resumed_it_goes_on_with_the_same_losses(tmp_path):
    # Dropout and averages are in it: nothing that is drawn or remembered may be lost.
    knobs = {
        "steps": 16,
        "save_every": 3,
        "validate_every": 8,
        "ema_decay": 0.9,
        "network_settings": {**SMALL.network_settings, "image_dropout": 0.5},
    }
    unbroken = trained(tmp_path / "unbroken", **knobs)
    out = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, *command(out, **knobs)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    log = out / "run" / LOSSES
    wait_for(lambda: log.is_file() and log.read_text().count("\n") > 5, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 0 < RunFolder(out).state()["step"] < 16
    assert trained(out, resume=True, **knobs) == unbroken
    same = columns(out / "run" / VALIDATION)
    assert same == columns(tmp_path / "unbroken" / "run" / VALIDATION)


def test_two_processes_equal_one_with_the_same_batch_where_negatives_are_gathered(tmp_path):
    # A slow rate: Adam makes steps of full length of gradients that are nothing but rounding.
    knobs = {"steps": 5, "validate_every": 5, "batch": 16, "learning_rate": 2e-5}
    knobs["validation_scenes"] = 16
    alone = trained(tmp_path / "one", **knobs)
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *launch, *command(tmp_path / "two", **knobs)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert losses(tmp_path / "two") == pytest.approx(alone, abs=1e-4)
    one, two = (columns(tmp_path / out / "run" / VALIDATION) for out in ("one", "two"))
    assert two["loss"] == pytest.approx(one["loss"], rel=1e-3)
    assert "each meets 15 others" in done.stdout


def test_torchrun_restarts_it_after_one_of_two_processes_is_killed_with_the_same_losses(tmp_path):
    knobs = {"steps": 40, "save_every": 5, "validate_every": 20, "batch": 16}
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    launch += ["--max-restarts", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def start(out) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, *launch, *command(out, **knobs)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip

    unbroken = start(tmp_path / "unbroken")
    assert unbroken.wait(180) == 0, unbroken.stderr.read()

    killed = start(tmp_path / "killed")
    log = tmp_path / "killed" / "run" / LOSSES
    wait_for(lambda: log.is_file() and log.read_text().count("\n") > 8, killed)
    os.kill(max(children(killed.pid)), signal.SIGKILL)
    told, complained = killed.communicate(timeout=180)
    assert killed.returncode == 0, complained
    assert "Resumed after step" in told
    assert losses(tmp_path / "killed") == losses(tmp_path / "unbroken")
    same = [columns(tmp_path / out / "run" / VALIDATION) for out in ("killed", "unbroken")]
    assert same[0] == same[1]


def test_nodes_that_share_no_files_train_together(tmp_path):
    knobs = {"steps": 6, "save_every": 3, "validate_every": 6, "batch": 16}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        meeting = f"127.0.0.1:{free.getsockname()[1]}"
    launch = ["-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"]
    launch += ["--rdzv-backend", "c10d", "--rdzv-endpoint", meeting, "--rdzv-id", "test"]
    nodes = [
        subprocess.Popen(
            [sys.executable, *launch, *command(tmp_path / name, **knobs)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        for name in ("one", "other")
    ]  # fmt: skip
    told = [node.communicate(timeout=180)[0] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], told
    kept = [(tmp_path / name / "run").is_dir() for name in ("one", "other")]
    assert sorted(kept) == [False, True], "that of rank 0 alone writes"
    out = tmp_path / ("one" if kept[0] else "other")
    assert len(losses(out)) == 6
    assert avsl.load(str(out)).card.name == "small"


def wait_for(ready: Callable[[], bool], process: subprocess.Popen, most_s: float = 120) -> None:
    deadline = time.monotonic() + most_s
    while not ready():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)


def children(process: int) -> list[int]:
    """Of a process, by number: what torchrun started."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(each) for each in listed.split()]


def test_it_says_how_fast_it_is_and_how_long_it_waits_for_data(tmp_path, capsys):
    trained(tmp_path / "out", steps=4, log_every=2)
    rows = columns(tmp_path / "out" / "run" / SPEED)
    assert rows["step"] == [2, 4]
    assert min(rows["clips_s"]) > 0 and all(0 < share < 1 for share in rows["waited"])
    assert "clips/s in each of 1 processes" in capsys.readouterr().out


def test_a_compiled_network_learns_the_same(tmp_path, capsys):
    plain = trained(tmp_path / "plain")
    assert trained(tmp_path / "compiled", compile="aot_eager") == pytest.approx(plain, abs=1e-4)
    assert main([*command(tmp_path / "odd")[2:], "--set", "compile=magic"]) == 2
    assert "inductor" in capsys.readouterr().err


def test_a_folder_is_neither_overwritten_nor_resumed_with_other_settings(tmp_path, capsys):
    trained(tmp_path / "out", steps=2, validate_every=2)
    again = command(tmp_path / "out", steps=2, validate_every=2)[2:]
    assert main(again) == 2
    assert "--resume" in capsys.readouterr().err
    assert main([*again, "--resume", "--set", "batch=4"]) == 2
    assert "batch" in capsys.readouterr().err
    assert main([*again, "--resume"]) == 0  # it was done already
    assert "Resumed after step 2" in capsys.readouterr().out


def test_wrong_settings_are_one_sentence(tmp_path, capsys):
    wrong = {
        "nonsense=1": "no setting 'nonsense'",
        "batch=many": "batch is of type int",
        "objective=magic": "no objective 'magic'",
        "objective_settings.magic=1": "no setting 'magic'",
        "network=huge": "no two-stream network 'huge'",
        "objective=slavc": "ema_decay",
        "precision=float16": "needs a GPU",
        "start=imagenet": "ImageNet",
    }
    for number, (text, sentence) in enumerate(wrong.items()):
        out = tmp_path / str(number)
        code = main([*command(out, objective_settings={})[2:], "--set", text])
        said = capsys.readouterr().err.strip().splitlines()
        assert code == 2 and len(said) == 1, text
        assert sentence in said[0], text
    assert main(["--preset", "magic"]) == 2
    assert "laptop" in capsys.readouterr().err


def test_gradients_of_several_batches_make_a_step_and_it_says_what_that_does_not_do(
    tmp_path, capsys
):
    found = trained(tmp_path / "out", accumulate=2, steps=2, validate_every=2)
    assert len(found) == 2 and all(map(isfinite, found))
    told = capsys.readouterr().out
    assert "no pair meets one negative more" in told and "each meets 7 others" in told


def test_half_precision_is_close_and_losses_stay_in_float32(tmp_path):
    knobs = {"steps": 2, "validate_every": 2}
    full = trained(tmp_path / "full", **knobs)
    half = trained(tmp_path / "half", precision="bfloat16", **knobs)
    assert half != full and half == pytest.approx(full, rel=0.1)


def test_it_stops_early_and_keeps_the_best(tmp_path):
    assert not _has_stalled([], 2)
    history = [Validation(step, 1.0, ciou, ciou) for step, ciou in enumerate((10, 30, 20, 25))]
    assert [_has_stalled(history[:n], 2) for n in range(5)] == [False, False, False, False, True]
    assert not _has_stalled(history, 0)
    # A rate of nothing never gets better: the second validation in vain is the last.
    knobs = {"learning_rate": 1e-12, "validate_every": 1, "patience": 2, "steps": 20}
    assert len(trained(tmp_path / "out", **knobs)) < 20
    assert RunFolder(tmp_path / "out").best()


def test_without_truth_the_lowest_loss_is_best():
    first, second = Validation(1, 3.0), Validation(2, 2.0)
    assert second.score > first.score


def test_the_rate_rises_then_falls():
    config = TrainConfig(steps=100, learning_rate=1.0, warm_up=0.1, last_rate=0.01)
    rates = [learning_rate(config, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == pytest.approx(1.0)
    assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.01, abs=0.002)
    assert learning_rate(replace(config, schedule="constant"), 99) == 1.0
