"""How fast the full-size ACL is, with random weights: the numbers do not depend on them.

``python -m tests.bench.acl_speed [--train] [--batch 8] [--repeat 3]`` prints seconds per frame and
per sound window, and on a processor how far int8 moves the maps. With ``--train``: one step against
the plain form (a vision pass per sound, as upstream does it) in the same run, with the vision
passes counted. Medians; machines are noisy. With ``--count``: the floating-point operations of a
step, counted on two small batches, and what an accelerator would do with them, computed.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from avsl.devices import autocast, best_device
from avsl.models.acl import ACL
from avsl.models.int8 import int8_vision
from avsl.models.published import ACLConfig, build
from tests.train.plain_acl import plain_forward
from train.objectives.acl import acl_loss

IMAGE_PX, WINDOW_SAMPLES = 352, 160_000
H200_TFLOPS = 989  # bfloat16, dense, by its data sheet
UTILISATIONS = (0.2, 0.3, 0.4)  # what small batches of transformers usually reach


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    torch.manual_seed(0)
    model = build(ACLConfig()).to(best_device())
    shapes(model)
    if options.count:
        count(model, options.batch)
    elif options.train:
        training(model, options.batch, options.repeat)
    else:
        inference(model, options.batch, options.repeat)
        if best_device().type == "cpu":
            int8(model, options.batch, options.repeat)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")


def shapes(model: ACL) -> None:
    for name, part in model.named_children():
        count = sum(parameter.numel() for parameter in part.parameters())
        print(f"{name:<12}{len(part.state_dict()):5d} tensors {count:12,d} parameters")


@torch.inference_mode()
def inference(model: ACL, batch: int, repeat: int) -> None:
    device = best_device()
    waveform = torch.randn(1, WINDOW_SAMPLES, device=device) * 0.1
    with autocast(device):
        audio = model.audio_embedding(waveform)
        report("10 s sound window", 1, repeat, lambda: model.audio_embedding(waveform))
        for count in (1, batch):
            image = torch.randn(count, 3, IMAGE_PX, IMAGE_PX, device=device)
            seen = model.encode_image(image)
            report(
                f"image, batch {count}",
                count,
                repeat,
                lambda image=image: model.encode_image(image),
            )
            sounds = audio.expand(count, -1)
            report(
                f"grounding, batch {count}", count, repeat,
                lambda seen=seen, sounds=sounds: model.ground(seen, sounds),
            )  # fmt: skip


@torch.inference_mode()
def int8(model: ACL, batch: int, repeat: int) -> None:
    """Frame encoding in int8, and the difference it makes to the maps of noise pictures."""
    quick = int8_vision(model.vision)
    last = max(model.clip_blocks)
    for count in (1, batch):
        image = torch.randn(count, 3, IMAGE_PX, IMAGE_PX)
        report(f"int8 image, batch {count}", count, repeat, lambda i=image: quick.states(i, last))
    audio = torch.randn(batch, model.config.clipseg.embed)
    maps = [
        model.masker.heatmap(model.ground(model.features(tower.states(image, last), image), audio),
                             (88, 88))
        for tower in (model.vision, quick)
    ]  # fmt: skip
    off = (maps[0] - maps[1]).abs()
    print(f"int8 maps differ by {off.mean():.5f} on average, {off.max():.5f} at most")


def report(title: str, count: int, repeat: int, work: Callable[[], object]) -> None:
    print(f"{title:<24}{timed(work, repeat) / count:8.3f} s each")


def timed(work: Callable[[], object], repeat: int) -> float:
    seconds = []
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def training(model: ACL, batch: int, repeat: int) -> None:
    """Steps of both forms by turns on one batch and noise; prints losses, passes and seconds."""
    device = best_device()
    image = torch.randn(batch, 3, IMAGE_PX, IMAGE_PX, device=device)
    waveform = torch.randn(batch, WINDOW_SAMPLES, device=device) * 0.1
    model.train()
    model.audio_proj.fga.un_models[0].dropout.p = 0.0  # the forms would draw it differently
    passes = counted_passes(model)
    seconds: dict[str, list[float]] = {"shared": [], "plain": []}
    for _ in range(repeat):
        for title, forward in (("shared", ACL.forward), ("plain", plain_forward)):
            passes.clear()
            model.zero_grad(set_to_none=True)
            torch.manual_seed(1)
            started = time.perf_counter()
            loss = acl_loss(forward(model, image, waveform))
            loss.total.backward()
            seconds[title].append(time.perf_counter() - started)
            print(
                f"{title:<8}{sum(passes):4d} vision passes {seconds[title][-1]:7.1f} s   losses "
                f"{loss.image:.5f} {loss.feature:.5f} {loss.area:.5f}"
            )
    shared, plain = (statistics.median(seconds[title]) for title in ("shared", "plain"))
    print(f"medians {shared:.1f} s and {plain:.1f} s: {plain / shared:.2f} times faster")


def count(model: ACL, batch: int) -> None:
    """Operations grow with the clips and, for the decoder, with pairs of picture and sound."""
    model.train()
    parts = [operations(model, clips) for clips in (2, 3)]
    total = 0.0
    for name in parts[0]:
        two, three = (part[name] for part in parts)
        pair = (three - 1.5 * two) / 3  # two = 2 a + 4 p, three = 3 a + 9 p
        clip = two / 2 - 2 * pair
        total += batch * clip + batch**2 * pair
        print(f"{name:<10}{clip:8.4f} TFLOP a clip {pair:8.4f} a pair")
    print(f"a step of {batch} clips: {total:.2f} TFLOP (a multiply-add counts as two)")
    for share in UTILISATIONS:
        rate = batch / (total / (H200_TFLOPS * share))
        print(f"computed, H200 at {share:.0%} of {H200_TFLOPS} TFLOPS: {rate:.0f} clips/s")


def operations(model: ACL, clips: int) -> dict[str, float]:
    """TFLOP of the parts of one step."""
    image = torch.randn(clips, 3, IMAGE_PX, IMAGE_PX, device=best_device())
    waveform = torch.randn(clips, WINDOW_SAMPLES, device=best_device()) * 0.1
    with sdpa_kernel(SDPBackend.MATH):  # the counter knows its products
        with FlopCounterMode(display=False) as frozen:
            part = model.frozen(image, waveform)
        with FlopCounterMode(display=False) as forward:
            loss = acl_loss(model.learning(part)).total
        with FlopCounterMode(display=False) as backward:
            loss.backward()
    counters = {"frozen": frozen, "forward": forward, "backward": backward}
    return {name: each.get_total_flops() / 1e12 for name, each in counters.items()}


def counted_passes(model: ACL) -> list[int]:
    passes: list[int] = []
    states = model.vision.states

    def counted(image, last=None):
        passes.append(len(image))
        return states(image, last)

    model.vision.states = counted
    return passes


if __name__ == "__main__":
    main()
