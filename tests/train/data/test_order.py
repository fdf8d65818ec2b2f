"""The order of an epoch: every clip once, whoever asks, and few shards at a time."""

import pytest
import torch

from train.data.order import LANES, Line

SIZES = [
    ((7,), 4), ((5, 3, 9, 1), 6), ((100,) * 40, 32), ((13, 0, 200, 57), 64), ((3, 4), 7),
    ((50, 20, 90, 11, 4, 60), 48),
]  # fmt: skip
LONG = Line((100,) * 320, 64, 0)


@pytest.mark.parametrize(("counts", "batch"), SIZES)
def test_each_clip_comes_once_an_epoch_but_the_remainder(counts, batch):
    line = Line(counts, batch, 3)
    for epoch in range(3):
        numbers = range(epoch * line.batches, (epoch + 1) * line.batches)
        seen = torch.cat([line.items(number) for number in numbers])
        assert len(seen) == len(seen.unique()) == sum(counts) - sum(counts) % batch
        assert seen.min() >= 0 and seen.max() < sum(counts)


def test_epochs_and_seeds_have_orders_of_their_own_and_what_is_left_out_changes():
    line = Line((50, 50, 41), 20, 0)
    epochs = [
        torch.cat([line.items(number) for number in range(7 * epoch, 7 * epoch + 7)])
        for epoch in range(40)
    ]
    assert not torch.equal(epochs[0], epochs[1])
    assert not torch.equal(Line((50, 50, 41), 20, 1).items(0), line.items(0))
    left = [set(range(141)) - set(epoch.tolist()) for epoch in epochs]
    assert len(set.union(*left)) > 20


def test_a_batch_follows_from_its_number_alone():
    again = Line(LONG.counts, LONG.batch, LONG.seed)
    for number in (777, 3, 1500):
        assert torch.equal(again.items(number), LONG.items(number))


@pytest.mark.parametrize(("counts", "batch"), SIZES)
def test_clips_are_found_in_their_shards(counts, batch):
    line = Line(counts, batch, 0)
    shards, rows = line.split(torch.arange(sum(counts)))
    expected = [(shard, row) for shard, count in enumerate(counts) for row in range(count)]
    assert list(zip(shards, rows, strict=True)) == expected


def test_a_batch_mixes_many_shards_and_a_stretch_needs_few():
    shards = [set(LONG.split(LONG.items(number))[0]) for number in range(LONG.batches)]
    assert min(map(len, shards)) >= LANES - 2
    stretch = set.union(*shards[:50])
    assert len(stretch) <= 3 * LANES  # of 320
    each = [[shard in some for some in shards] for shard in range(320)]
    spans = [len(row) - row[::-1].index(True) - row.index(True) for row in each]
    assert sorted(spans)[-LANES - 2] < LONG.batches / 2  # but for those that two lanes share


@pytest.mark.parametrize("processes", [1, 2, 4, 8])
def test_processes_have_shards_of_their_own_and_know_which(processes):
    for number in (0, 60, 249, 499, 500):
        chunks = LONG.items(number).chunk(processes)
        for rank, chunk in enumerate(chunks):
            mine = set(LONG.split(chunk)[0])
            needed = set(LONG.needed(number, rank, processes))
            assert mine <= needed and len(needed) <= 3.5 * LANES / processes + 3
            assert len(LONG.soon(number, rank, processes)) <= 3.5 * LANES / processes + 3


@pytest.mark.parametrize(("counts", "batch"), SIZES)
def test_what_is_needed_next_was_known_before(counts, batch):
    line = Line(counts, batch, 5)
    for number in range(1, 2 * line.batches):
        known = {*line.needed(number - 1), *line.soon(number - 1)}
        assert set(line.split(line.items(number))[0]) <= known
