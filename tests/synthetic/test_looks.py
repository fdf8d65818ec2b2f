"""How the classes of the world look: drawn whole, moving with their sound, told apart by eye."""

import pytest
import torch

from avsl.errors import SettingError
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.looks import LookDial, Looks, draw_looks, sprites
from avsl.synthetic.world.shapes import SHAPE, paint
from avsl.synthetic.world.taxonomy import CLASSES, NAMES

COUNT = len(CLASSES)
EACH = torch.arange(COUNT)


@pytest.fixture(autouse=True)
def _one_thread():
    """Small pictures are drawn faster by one thread, the more so on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def looks_of(classes: torch.Tensor, seed: int = 0, **dial: float) -> Looks:
    draws = Draws.of("looks", seed, torch.arange(len(classes)))
    return draw_looks(classes, draws, LookDial(**dial))


def shown(looks: Looks, drive: float = 0.0, cycle: float = 0.2, size_px: int = 32) -> torch.Tensor:
    count = len(looks.parts)
    return sprites(looks, torch.full((count,), drive), torch.full((count,), cycle), size_px)


def one_shape(size_px: int, **values: float) -> torch.Tensor:
    row = {"cut": 1.0, "opacity": 1.0, "w": 0.6, "h": 0.4} | values
    shapes = torch.tensor([[[row.get(name, 0.0) for name in SHAPE]]])
    return paint(shapes, torch.ones(1, 1, 3), size_px)[0]


def test_every_class_is_drawn_as_a_solid_object_of_fair_size():
    pictures = shown(looks_of(EACH), size_px=64)
    assert pictures.shape == (COUNT, 4, 64, 64) and pictures.dtype == torch.float32
    solid = (pictures[:, 3] >= 0.9).float().mean((1, 2))
    assert solid.min() > 0.05, NAMES[int(solid.argmin())]
    edges = (pictures[:, 3] > 0.01) & (pictures[:, 3] < 0.9)
    assert edges.float().mean() < 0.15


def test_pictures_are_premultiplied_and_within_range():
    pictures = shown(looks_of(EACH), drive=0.7)
    assert pictures.min() >= 0 and pictures.max() <= 1
    assert (pictures[:, :3] <= pictures[:, 3:] + 1e-6).all()


@pytest.mark.parametrize("drive", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("variation", [0.0, 1.5])
def test_objects_stay_inside_the_picture(drive, variation):
    looks = looks_of(EACH, seed=int(drive * 10), variation=variation)
    for cycle in (0.0, 0.27, 0.55, 0.81):
        alpha = shown(looks, drive, cycle)[:, 3]
        rim = torch.cat((alpha[:, 0], alpha[:, -1], alpha[:, :, 0], alpha[:, :, -1]), 1)
        assert rim.max() < 0.05, NAMES[int(rim.amax(1).argmax())]


def test_every_class_moves_visibly_when_it_sounds():
    looks = looks_of(EACH, seed=3)
    rest = shown(looks)
    moved = torch.stack([(shown(looks, 1.0, c) - rest).abs().mean((1, 2, 3)) for c in (0.1, 0.6)])
    share = moved.amax(0) / rest[:, 3].mean((1, 2))
    assert share.min() > 0.02, NAMES[int(share.argmin())]


def test_steady_sounds_keep_moving_with_the_cycle():
    steady = torch.tensor([i for i, kind in enumerate(CLASSES) if kind.rhythm == "steady"])
    looks = looks_of(steady)
    change = (shown(looks, 1.0, 0.1) - shown(looks, 1.0, 0.45)).abs().mean((1, 2, 3))
    assert change.min() > 0.002, NAMES[int(steady[change.argmin()])]


def test_at_rest_the_cycle_moves_only_what_turns():
    looks = looks_of(EACH)
    change = (shown(looks, 0.0, 0.1) - shown(looks, 0.0, 0.4)).abs().amax((1, 2, 3))
    moving = {NAMES[i] for i in (change > 1e-6).nonzero()[:, 0].tolist()}
    assert moving <= {"helicopter"}


def test_a_batch_is_its_objects_one_by_one():
    classes = EACH[::3].repeat(2)
    draws = Draws.of("looks", 5, torch.arange(len(classes)))
    drive, cycle = torch.linspace(0, 1, len(classes)), torch.linspace(0, 2, len(classes))
    whole = sprites(draw_looks(classes, draws, LookDial()), drive, cycle, 24)
    for i in range(0, len(classes), 4):
        one = slice(i, i + 1)
        alone = draw_looks(classes[one], draws[one], LookDial())
        torch.testing.assert_close(
            sprites(alone, drive[one], cycle[one], 24), whole[one], atol=1e-5, rtol=0
        )


def test_the_same_draws_give_the_same_picture():
    assert torch.equal(shown(looks_of(EACH), 0.5), shown(looks_of(EACH), 0.5))


def test_looks_repeat_over_frames():
    looks = looks_of(EACH[:4])
    frames = looks[torch.tensor([2, 2, 0])]
    assert torch.allclose(shown(frames)[0], shown(looks)[2], atol=1e-5)
    assert torch.equal(shown(frames)[0], shown(frames)[1])


def test_sizes_that_are_no_multiple_of_a_tile_are_drawn_alike():
    looks = looks_of(EACH[:8], variation=0.0)
    small, large = shown(looks, size_px=40), shown(looks, size_px=80)
    halved = torch.nn.functional.avg_pool2d(large, 2)
    assert (halved - small).abs().mean() < 0.01


def test_without_variation_shapes_are_the_same_and_with_it_they_differ():
    classes = EACH.repeat_interleave(2)
    same = shown(looks_of(classes, variation=0.0))[:, 3]
    assert torch.equal(same[0::2] > 0.5, same[1::2] > 0.5)
    varied = shown(looks_of(classes, variation=1.0))[:, 3]
    assert (varied[0::2] - varied[1::2]).abs().mean((1, 2)).min() > 0.005


def test_colours_follow_the_class_as_far_as_the_dial_says():
    classes = torch.full((200,), NAMES.index("frog"))
    body = {}
    for share in (0.0, 0.5, 1.0):
        rgb = looks_of(classes, colour=share).colours[:, 2]  # its trunk
        body[share] = (rgb[:, 1] > rgb[:, [0, 2]].amax(1) - 0.1).float().mean()  # green
    assert body[1.0] > 0.9 > body[0.5] > body[0.0] + 0.1


def test_classes_are_told_apart_by_their_looks_but_not_by_a_ruler():
    """The nearest mean of a class is right far more often than chance, and far from always."""
    train = looks_of(EACH.repeat(12), seed=1)
    test = looks_of(EACH.repeat(4), seed=2)
    means = shown(train, size_px=16).reshape(12, COUNT, -1).mean(0)
    distances = torch.cdist(shown(test, size_px=16).flatten(1), means)
    right = (distances.argmin(1) == EACH.repeat(4)).float().mean()
    assert 0.3 < right < 0.97
    own = distances[torch.arange(len(distances)), EACH.repeat(4)]
    assert own.mean() < 0.85 * distances.mean()


def test_a_disc_and_a_box_have_the_area_they_should():
    pixel = (2.3 / 64) ** 2
    box = one_shape(64, w=0.5, h=0.3, round=0.0)[3].sum() * pixel
    disc = one_shape(64, w=0.5, h=0.5, ellipse=1.0)[3].sum() * pixel
    wedge = one_shape(64, w=0.5, h=0.3, taper=1.0)[3].sum() * pixel
    ring = one_shape(64, w=0.5, h=0.5, ellipse=1.0, hollow=0.2)[3].sum() * pixel
    assert box == pytest.approx(0.6, rel=0.02)
    assert disc == pytest.approx(torch.pi * 0.25, rel=0.02)
    assert wedge == pytest.approx(0.3, rel=0.06)
    assert ring == pytest.approx(torch.pi * (0.25 - 0.09), rel=0.04)


def test_copies_run_down_without_growing_longer():
    drops = {"w": 0.05, "h": 0.08, "rows": 1.5, "pitch_y": 0.4, "round": 1.0}
    areas = [float(one_shape(64, **drops, scroll=s)[3].sum()) for s in (0.0, 0.3, 0.6, 0.9)]
    assert max(areas) < 1.05 * areas[0]  # as many drops as at rest, or one fewer
    assert min(areas) > 0.7 * areas[0]


def test_what_lies_above_hides_what_lies_below():
    row = {"cut": 1.0, "opacity": 1.0, "w": 0.6, "h": 0.6}
    stack = torch.tensor([[[row.get(name, 0.0) for name in SHAPE]] * 2])
    colours = torch.tensor([[[1.0, 0, 0], [0, 0, 1.0]]])
    centre = paint(stack, colours, 32)[0, :, 16, 16]
    assert centre[2] > 0.5 and centre[0] == 0 and centre[3] == 1


def test_nothing_to_draw_is_an_empty_picture():
    assert shown(looks_of(EACH[:0])).shape == (0, 4, 32, 32)
    assert one_shape(20, opacity=0.0).abs().max() == 0


def test_no_gradients_are_kept():
    looks = looks_of(EACH[:2])
    drive = torch.ones(2, requires_grad=True)
    assert not sprites(looks, drive, torch.zeros(2), 16).requires_grad


@pytest.mark.parametrize("dial", [{"colour": 1.2}, {"variation": -0.1}])
def test_a_dial_out_of_range_says_what_to_choose(dial):
    with pytest.raises(SettingError, match="Choose"):
        LookDial(**dial)
