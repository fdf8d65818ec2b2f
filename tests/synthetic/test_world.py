"""The sounding world: the same everywhere, true to its recipe, and silent about what it hides."""

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from avsl.settings import SAMPLE_RATE_HZ
from avsl.synthetic.world import (
    CLASSES,
    EASY,
    HARD,
    Cinema,
    Classes,
    Recipe,
    World,
    captions,
    descriptions,
)
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.events import draw_events, drive
from avsl.synthetic.world.scenes import draw_placing
from avsl.synthetic.world.taxonomy import HEARD, NAMES, UNHEARD_CLASSES

TOLERANCE = 2e-5


def many(recipe: Recipe, count: int = 4000):
    return World(recipe).scenes("test", 0, torch.arange(count))


def share(flags: torch.Tensor) -> float:
    return flags.float().mean().item()


# The same scene everywhere.


@pytest.mark.parametrize("level", [EASY, HARD], ids=["easy", "hard"])
def test_a_scene_does_not_depend_on_its_batch(level):
    world = World(Recipe(off_screen=0.2, mismatched=0.2, intruder=0.2), level, px=64)
    together = world.pairs("test", 3, torch.arange(20))
    for index in (0, 7, 19):
        alone = world.pairs("test", 3, torch.tensor([index]))
        assert torch.equal(alone.scenes.classes[0], together.scenes.classes[index])
        for part in ("images", "waveforms"):
            difference = getattr(alone, part)[0] - getattr(together, part)[index]
            assert difference.abs().max() < TOLERANCE
        assert (alone.masks[0] != together.masks[index]).float().mean() < 1e-4


def test_a_scene_is_the_same_in_another_process(tmp_path):
    code = (
        "import sys, torch; from avsl.synthetic.world import World; "
        "torch.set_num_threads(1); p = World(px=48).pairs('test', 5, torch.arange(4, 7)); "
        "torch.save((p.images, p.waveforms), sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "pairs.pt")], check=True)
    images, waveforms = torch.load(tmp_path / "pairs.pt")
    here = World(px=48).pairs("test", 5, torch.arange(4, 7))
    assert (images - here.images).abs().max() < TOLERANCE
    assert (waveforms - here.waveforms).abs().max() < TOLERANCE


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_scene_is_the_same_on_a_gpu():
    here = World(px=64).pairs("test", 0, torch.arange(16))
    there = World(px=64, device=torch.device("cuda")).pairs("test", 0, torch.arange(16))
    assert torch.equal(there.scenes.classes.cpu(), here.scenes.classes)
    assert (there.images.cpu() - here.images).abs().max() < 1e-3
    assert (there.waveforms.cpu() - here.waveforms).abs().max() < 1e-3


def test_streams_seeds_and_indices_give_other_scenes():
    world = World(px=32)
    first = world.pairs("train", 0, torch.tensor([0]))
    for stream, seed, index in (("test", 0, 0), ("train", 1, 0), ("train", 0, 1)):
        other = world.pairs(stream, seed, torch.tensor([index]))
        assert (other.images - first.images).abs().mean() > 0.02
        assert (other.waveforms - first.waveforms).abs().mean() > 1e-4


def test_draws_are_uniform_independent_and_named():
    draws = Draws.of("test", 0, torch.arange(20_000))
    one, other = draws.uniform("one"), draws.uniform("other")
    assert abs(one.mean() - 0.5) < 0.01 and abs(one.std() - 12**-0.5) < 0.01
    assert abs(torch.corrcoef(torch.stack([one, other]))[0, 1]) < 0.03
    assert abs(torch.corrcoef(torch.stack([one[1:], one[:-1]]))[0, 1]) < 0.03
    counts = torch.bincount(draws.choice("which", torch.tensor([1.0, 3.0, 0.0])), minlength=3)
    assert counts[2] == 0 and abs(counts[1] / 20_000 - 0.75) < 0.02
    assert abs(draws.normal("n").std() - 1) < 0.03 and abs(draws.noise("w", 3).std() - 1) < 0.03


# True to its recipe.


def test_unheard_classes_never_appear_in_training_streams():
    scenes = World(Recipe(mismatched=0.3, off_screen=0.3, intruder=0.3, imbalance=1.0)).scenes(
        "train", 0, torch.arange(20_000)
    )
    met = set(scenes.classes.unique().tolist())
    assert met == set(HEARD) and not met & set(UNHEARD_CLASSES)
    unheard = many(Recipe(classes=Classes.UNHEARD)).classes.unique().tolist()
    assert set(unheard) == set(UNHEARD_CLASSES)


def test_paired_and_unpaired_classes_part_the_heard_ones():
    paired, unpaired = (
        set(many(Recipe(classes=half)).classes.unique().tolist())
        for half in (Classes.PAIRED, Classes.UNPAIRED)
    )
    assert paired | unpaired == set(HEARD) and not paired & unpaired
    assert len(unpaired) == len(HEARD) / 4


def test_shares_are_as_asked():
    scenes = many(Recipe(mismatched=0.3, off_screen=0.2))
    assert share(scenes.matched) == pytest.approx(0.7, abs=0.03)
    elsewhere = scenes.sounding[:, -1]
    assert share(elsewhere) == pytest.approx(1 - 0.7 * 0.8, abs=0.03)
    assert not (scenes.seen_and_heard.any(1) & elsewhere).any()
    both = many(Recipe(intruder=0.4))
    assert share(both.sounding[:, -1]) == pytest.approx(0.4, abs=0.03)
    assert both.seen_and_heard.any(1).all()
    assert not many(Recipe(sounding=(1.0,))).sounding.any()


def test_as_many_are_in_view_and_sound_as_asked():
    scenes = many(Recipe(objects=(0, 1, 1, 2), sounding=(0, 0, 1)))
    in_view = scenes.in_view.sum(1)
    assert share(in_view == 4) == pytest.approx(0.5, abs=0.03) and in_view.min() == 2
    assert (scenes.seen_and_heard.sum(1) == 2).all()


def test_twins_are_silent_and_of_the_sounding_class():
    scenes = many(Recipe(objects=(0, 1, 1), twins=1.0))
    heard = scenes.classes[:, :-1].gather(1, scenes.seen_and_heard.float().argmax(1, keepdim=True))
    same = (scenes.classes[:, :-1] == heard) & scenes.in_view[:, :-1]
    assert (same.sum(1) == 2).all() and (scenes.seen_and_heard.sum(1) == 1).all()
    distinct = many(Recipe())
    assert all(len(set(row)) == len(row) for row in distinct.classes.tolist())


def test_imbalance_makes_false_negatives_common():
    def same_class_pairs(imbalance: float) -> float:
        heard = many(Recipe(imbalance=imbalance, objects=(1.0,))).classes[:, 0]
        shares = torch.bincount(heard).float() / len(heard)
        return shares.square().sum().item()

    assert same_class_pairs(0.0) == pytest.approx(1 / len(HEARD), rel=0.1)
    assert same_class_pairs(1.0) > 2 * same_class_pairs(0.0)


# What is drawn is what is true.


def test_masks_show_each_object_once_and_truth_only_what_is_heard():
    pairs = World(Recipe(objects=(0, 1, 1, 1), sounding=(1, 2, 1)), px=64).pairs(
        "test", 0, torch.arange(48)
    )
    assert (pairs.masks.sum(1) <= 1).all(), "a pixel shows one object"
    hidden = ~pairs.scenes.in_view[:, :-1]
    assert not pairs.masks[hidden].any()
    visible = pairs.masks[~hidden].flatten(1).float().mean(1)
    assert (visible > 0.002).float().mean() > 0.97
    assert torch.equal(pairs.truth.any(-1).any(-1), pairs.scenes.seen_and_heard.any(1))
    x0, y0, x1, y1 = (pairs.boxes[~hidden] * 64).round().long().unbind(1)
    for mask, *edges in zip(pairs.masks[~hidden], x0, y0, x1, y1, strict=True):
        if mask.any():
            rows, columns = torch.nonzero(mask, as_tuple=True)
            assert [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] == edges


def test_objects_differ_from_what_is_behind_them():
    world = World(Recipe(objects=(1.0,)), px=64)
    scenes = world.scenes("test", 0, torch.arange(32))
    shown = world.render(scenes)
    bare = world.render(replace(scenes, in_view=torch.zeros_like(scenes.in_view)))
    change = (shown.images - bare.images).abs().mean(1)
    inside = (change * shown.masks[:, 0]).sum() / shown.masks[:, 0].sum()
    outside = (change * ~shown.masks[:, 0]).sum() / (~shown.masks[:, 0]).sum()
    assert inside > 0.15 and outside < 0.03


def test_what_sounds_is_heard_and_what_does_not_is_not():
    loud = World(Recipe(), EASY, px=16).pairs("test", 0, torch.arange(32)).waveforms
    quiet = World(Recipe(sounding=(1.0,)), EASY, px=16).pairs("test", 0, torch.arange(32)).waveforms
    assert loud.abs().max() <= 1
    power = 10 * torch.log10(loud.square().mean(1) / quiet.square().mean(1))
    assert (power > 6).float().mean() > 0.9 and quiet.square().mean(1).min() > 0


def test_descriptions_are_true():
    scenes = many(Recipe(off_screen=0.3, sounding=(1, 2, 1)), 200)
    told = descriptions(scenes, EASY)
    for row, description in enumerate(told):
        kinds = scenes.classes[row]
        heard = [NAMES[k] for k in kinds[scenes.sounding[row]]]
        seen = [NAMES[k] for k in kinds[scenes.in_view[row] & ~scenes.sounding[row]]]
        assert all(name in said for name, said in zip(heard, description.sounding, strict=True))
        assert all(name in said for name, said in zip(seen, description.silent, strict=True))
        away = scenes.sounding[row, -1].item()
        assert away == any(said.endswith("out of view") for said in description.sounding)
    assert set(told[0].as_json()) == {"sounding", "silent", "background"}
    assert len(set(captions(scenes, EASY))) > 150


# What it hides.


def test_where_how_and_how_much_an_object_moves_does_not_tell_whether_it_sounds():
    world = World(Recipe(objects=(0.0, 1.0)))
    scenes = world.scenes("test", 0, torch.arange(8000))
    placing = draw_placing(scenes, world.difficulty, "one")
    moving = drive(
        draw_events(
            scenes.classes.flatten(),
            scenes.objects.flatten(),
            torch.zeros(scenes.classes.numel()),
            torch.full((scenes.classes.numel(),), 3.0),
        ),
        scenes.classes.flatten(),
        torch.tensor([1.5]),
    ).reshape(scenes.classes.shape)
    traits = torch.stack(
        [*placing.centre.unbind(-1), placing.size, placing.angle, moving[:, :-1]], dim=-1
    )[:, :2]
    difference = traits[:, 0] - traits[:, 1]
    difference = (difference - difference.mean(0)) / difference.std(0)
    features = torch.cat([difference, difference.square(), torch.ones(len(difference), 1)], dim=1)
    first_sounds = scenes.sounding[:, 0].float() * 2 - 1
    half = len(features) // 2
    fit = torch.linalg.lstsq(features[:half], first_sounds[:half, None]).solution
    right = ((features[half:] @ fit)[:, 0].sign() == first_sounds[half:]).float().mean().item()
    assert abs(right - 0.5) < 3 * math.sqrt(0.25 / half)


# In time.


@pytest.fixture(scope="module")
def film():
    cinema = Cinema(World(Recipe(objects=(0.0, 1.0)), EASY, px=96, duration_s=8.0), always_on=0.0)
    return cinema.film("test", 0, 4)


def test_a_film_is_loud_when_its_lanes_say_so(film):
    frame = SAMPLE_RATE_HZ // 20
    level = film.waveform[: len(film.frames) * frame].reshape(-1, frame).square().mean(1).sqrt()
    on = film.on.any(1)
    assert 0.2 < share(on) < 0.95
    assert level[on].quantile(0.9) > 4 * level[~on].median()


def test_objects_move_with_their_sound(film):
    slot = int(film.scene.seen_and_heard[0].float().argmax())
    change = (film.frames[1:] - film.frames[:-1]).abs().mean(1)
    mask = film.masks[1:, slot] | film.masks[:-1, slot]
    motion = (change * mask).flatten(1).sum(1) / mask.flatten(1).sum(1)
    on = film.on[1:, slot]
    assert motion[on].mean() > 1.3 * motion[~on].mean()


def test_a_cut_changes_the_picture_and_not_the_sound():
    world = World(Recipe(objects=(1.0,)), EASY, px=48, duration_s=6.0)
    with_cut = Cinema(world, cuts=1.0).film("test", 0, 0)
    without = Cinema(world, cuts=0.0).film("test", 0, 0)
    assert torch.equal(with_cut.waveform, without.waveform) and not without.cuts_s
    (cut_s,) = with_cut.cuts_s
    change = (with_cut.frames[1:] - with_cut.frames[:-1]).abs().mean((1, 2, 3))
    assert int(change.argmax()) + 1 == round(cut_s * with_cut.fps_hz)


def test_a_film_is_a_clip(film):
    clip = film.clip("film")
    assert clip.duration_s == pytest.approx(8.0) and clip.fps_hz == pytest.approx(20.0)
    first = next(clip.frames_at(np.array([0.0])))
    assert np.abs(first / 255 - film.frames[0].permute(1, 2, 0).numpy()).max() < 0.003


def test_every_class_has_a_name_and_words():
    assert len(CLASSES) >= 32 and len(set(NAMES)) == len(CLASSES)
    assert all(kind.sounding and kind.silent for kind in CLASSES)
