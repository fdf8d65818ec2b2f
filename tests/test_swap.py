"""Swapped sounds: the map goes where the sound belongs, and pictures are looked at once."""

import numpy as np
import pytest
import torch

from avsl import variants
from avsl.audio import AUDIBLE_DBFS
from avsl.errors import SettingError
from avsl.localization import Verdict
from avsl.settings import SAMPLE_RATE_HZ
from avsl.swap import Sound, Still, Swapper, Words, stretch, swap
from avsl.swap_files import swap_png, swap_report
from avsl.synthetic.world import Recipe, World
from avsl.ui.studio.swapping.gallery import AWAY, PICTURES, sounding_gallery
from avsl.ui.studio.swapping.judging import judged, tally


@pytest.fixture(scope="module")
def gallery():
    return sounding_gallery()


@pytest.fixture(scope="module")
def acl():
    return variants.load("acl-tiny")


@pytest.fixture(scope="module")
def found(gallery, acl):
    return swap(gallery.stills, gallery.sounds, acl)


def test_the_gallery_is_made_of_heard_things_each_with_its_sound(gallery):
    assert [still.frame.shape for still in gallery.stills] == [(320, 320, 3)] * len(PICTURES)
    names = [sound.name for sound in gallery.sounds]
    assert {name for kinds in PICTURES for name in kinds} == {*names} - {AWAY}
    assert len(gallery.masks) == 10
    assert all(0.04 <= mask.mean() < 0.5 for mask in gallery.masks.values())


def test_every_sound_of_the_gallery_can_be_heard(found):
    assert (found.loudness_dbfs > AUDIBLE_DBFS + 20).all()


def test_a_things_sound_moves_the_map_to_that_thing(found):
    """8 of the 10 peaks are on the right thing; by chance it is 1: things cover a tenth each."""
    told = tally(found)
    assert (told.there, told.absent) == (10, 18)
    assert told.found >= 8


def test_what_is_not_there_shows_less(found):
    """7 of 10 sounds of things in view are marked and 3 of 18 of others, and these are less sure
    on average.
    """
    told = tally(found)
    assert told.marked >= 7
    assert told.absent - told.quiet <= 3
    there = np.zeros(found.confidence.shape, bool)
    for row in range(len(found.stills)):
        for column in range(len(found.asked)):
            there[row, column] = judged(found, row, column).there
    assert found.confidence[there].mean() > found.confidence[~there].mean() + 0.3


def test_two_sounds_of_one_picture_are_in_two_places(found):
    guitar, dog = (_column(found, name) for name in ("guitar", "dog"))
    assert found.places(0, guitar) == ("right",)
    assert found.places(0, dog) == ("upper left",)
    assert found.verdict(0, _column(found, AWAY)) is not Verdict.SOUNDING
    assert found.places(0, _column(found, AWAY)) == ()


def test_it_holds_on_fresh_pictures_too(acl):
    """Of fifty pictures of two or three things with the sound of one: 45 peaks or more on it."""
    world = World(Recipe(objects=(0.0, 1.0, 1.0)))
    pairs = world.pairs("swap test", 3, torch.arange(50))
    frames = (pairs.images * 255).round().byte().permute(0, 2, 3, 1).numpy()
    on = 0
    for frame, waveform, truth in zip(frames, pairs.waveforms, pairs.truth, strict=True):
        one = swap([Still("picture", frame)], [Sound("sound", waveform.numpy())], acl)
        x, y = one.peak(0, 0)
        on += bool(truth[int(y * world.px), int(x * world.px)])
    assert on >= 45


def test_words_are_marked_as_sounds_are(gallery, acl):
    asked = [Words(sound.name) for sound in gallery.sounds]
    read = swap(gallery.stills, asked, acl)
    where = {name: read.places(0, index) for index, name in enumerate(each.name for each in asked)}
    assert where["guitar"] == ("right",)
    assert where["dog"] == ("upper left",)
    assert where[AWAY] == ()
    on = [
        pair.peak
        for row in range(len(read.stills))
        for column in range(len(asked))
        if (pair := judged(read, row, column)) and pair.there
    ]
    assert sum(on) >= 7  # of 10


def test_pictures_are_looked_at_once_whatever_is_asked(gallery, monkeypatch):
    acl, looked = variants.load("acl-tiny"), []
    look = acl.look
    monkeypatch.setattr(acl, "look", lambda frames: looked.append(len(frames)) or look(frames))
    swapper = Swapper(acl)
    first = swapper.swap(gallery.stills[:3], gallery.sounds[:2])
    assert (first.spent.pictures, first.spent.asked, first.spent.pairs) == (3, 2, 6)
    more = swapper.swap(gallery.stills[:3], [*gallery.sounds[:3], Words("dog")])
    assert (more.spent.pictures, more.spent.asked, more.spent.pairs) == (0, 2, 6)
    wider = swapper.swap(gallery.stills, gallery.sounds[:3])
    assert (wider.spent.pictures, wider.spent.asked, wider.spent.pairs) == (1, 0, 3)
    assert sum(looked) == 4
    np.testing.assert_array_equal(first.maps, wider.maps[:3, :2])


def test_a_pair_does_not_depend_on_its_neighbours(gallery, found, acl):
    alone = swap([gallery.stills[2]], [gallery.sounds[3]], acl)
    np.testing.assert_allclose(alone.maps[0, 0], found.maps[2, 3], atol=1e-5)


def test_who_reads_no_words_or_sees_no_stills_says_so(gallery):
    lvs = variants.load("margin-tiny")
    assert not Swapper(lvs).reads_words
    with pytest.raises(SettingError, match="reads no words"):
        swap(gallery.stills, [Words("dog")], lvs)
    with pytest.raises(SettingError, match="follows what moves"):
        swap(gallery.stills, gallery.sounds, "sync")


def test_a_word_it_has_never_read_is_named(gallery, acl):
    assert Swapper(acl).reads_words
    with pytest.raises(SettingError, match="'zebra' is not among"):
        swap(gallery.stills[:1], [Words("zebra")], acl)
    with pytest.raises(SettingError, match="no word yet"):
        swap(gallery.stills[:1], [Words("  ")], acl)


def test_silence_is_told_from_what_is_not_in_view(gallery, acl):
    quiet = Sound("silence", np.zeros(3 * SAMPLE_RATE_HZ, np.float32))
    told = swap(gallery.stills[:1], [quiet], acl)
    assert told.verdict(0, 0) is Verdict.SILENT
    assert told.places(0, 0, unsure=True) == ()


def test_of_a_long_sound_the_loudest_stretch_is_heard_and_a_short_one_is_padded():
    waveform = np.full(10 * SAMPLE_RATE_HZ, 0.01, np.float32)
    waveform[6 * SAMPLE_RATE_HZ : 8 * SAMPLE_RATE_HZ] = 0.5
    heard, note = stretch(waveform, 2.0, "knock")
    assert heard.min() == 0.5
    assert note == 'Of "knock" the loudest 2 s were heard, from 6.0 to 8.0 s; the rest was cut.'
    heard, note = stretch(waveform[:SAMPLE_RATE_HZ], 2.0, "knock")
    assert len(heard) == SAMPLE_RATE_HZ
    assert "padded with silence to the 2 s" in note
    assert stretch(waveform, 10.0, "knock")[1] == ""


@pytest.mark.parametrize(
    ("stills", "sounds", "words"),
    [
        ([], [Sound("a", np.ones(9, np.float32))], "nothing to pair"),
        ([Still("p", np.zeros((4, 4), np.uint8))], [Sound("a", np.ones(9, np.float32))], "uint8"),
        (
            [Still("p", np.zeros((4, 4, 3), np.uint8))],
            [Sound("a", np.full(9, np.nan, np.float32))],
            "finite samples",
        ),
    ],
)
def test_what_is_no_picture_or_sound_is_refused(acl, stills, sounds, words):
    with pytest.raises(SettingError, match=words):
        swap(stills, sounds, acl)


def test_sheet_and_report_hold_every_pair(found):
    report = swap_report(found)
    assert len(report["pairs"]) == 28
    assert report["pairs"][1]["where"] == ["right"]
    assert report["spent"]["pictures"] == 4
    assert swap_png(found).startswith(b"\x89PNG")


def _column(found, name: str) -> int:
    return [each.name for each in found.asked].index(name)
