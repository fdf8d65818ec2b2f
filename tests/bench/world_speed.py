"""How quickly the world makes training pairs, and what of it takes how long.

    python -m tests.bench.world_speed [--px 112] [--scenes 1024] [--device cuda]

Says pairs a second of one process with all cores, and of one single-threaded process for each
core, as a data loader has them; medians of several rounds.
"""

import argparse
import multiprocessing
import os
import statistics
import time

import torch

from avsl.synthetic.world import DIFFICULTIES, World

BATCH = 64
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--px", type=int, default=112)
    parser.add_argument("--scenes", type=int, default=1024)
    parser.add_argument("--level", choices=DIFFICULTIES, default="middling")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    world = World(
        difficulty=DIFFICULTIES[options.level], px=options.px, device=torch.device(options.device)
    )
    pairs_per_s(world, BATCH)  # warm up
    rates = [pairs_per_s(world, options.scenes) for _ in range(ROUNDS)]
    print(f"one process, {torch.get_num_threads()} threads: {statistics.median(rates):.0f} pairs/s")
    if options.device == "cpu":
        cores = os.cpu_count() or 1
        with multiprocessing.get_context("spawn").Pool(cores, torch.set_num_threads, (1,)) as pool:
            pool.starmap(pairs_per_s, [(world, BATCH)] * cores)
            rates = []
            for _ in range(ROUNDS):
                started = time.perf_counter()
                share = options.scenes // cores
                pool.starmap(pairs_per_s, [(world, share)] * cores)
                rates.append(share * cores / (time.perf_counter() - started))
        print(f"{cores} processes, one thread each: {statistics.median(rates):.0f} pairs/s")
    stages(world)


def pairs_per_s(world: World, scenes: int) -> float:
    started = time.perf_counter()
    for indices in torch.arange(scenes).split(BATCH):
        world.pairs("bench speed", 0, indices)
    if world.device.type == "cuda":
        torch.cuda.synchronize()
    return scenes / (time.perf_counter() - started)


def stages(world: World) -> None:
    """Milliseconds a scene, by what torch was doing it for."""
    scenes = world.scenes("bench speed", 1, torch.arange(256))
    for name, work in (("sounds", world.sounds), ("all", world.render)):
        started = time.perf_counter()
        for some in range(0, 256, 16):
            work(scenes[some : some + 16])
        print(f"  {name}: {(time.perf_counter() - started) / 256 * 1e3:.2f} ms a scene")


if __name__ == "__main__":
    main()
