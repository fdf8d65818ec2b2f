"""How the classes of the world sound, and what rooms add."""

import pytest
import torch

from avsl.errors import SettingError
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.events import Events, draw_events
from avsl.synthetic.world.room import background, reverberate
from avsl.synthetic.world.sounds import SoundDial, synthesise
from avsl.synthetic.world.taxonomy import CLASSES, NAMES, Rhythm

RATE = 16000
SAMPLES = 3 * RATE


@pytest.fixture(scope="module")
def everything() -> tuple[torch.Tensor, Events]:
    """The sound (40, 48000) and the events of one source of each class."""
    classes = torch.arange(len(NAMES))
    draws = Draws.of("sounds", 5, classes)
    events = draw_events(classes, draws, torch.full((40,), 0.3), torch.full((40,), 2.6))
    return synthesise(classes, draws, events, SAMPLES), events


def sounded(name: str, count: int, variation: float = 1.0) -> torch.Tensor:
    """``count`` sources of a class with the same one event, from 0.2 s for 0.6 s."""
    classes = torch.full((count,), NAMES.index(name))
    events = Events(*(torch.full((count, 1), value) for value in (0.2, 0.6, 1.0)))
    draws = Draws.of("alike", 1, torch.arange(count))
    return synthesise(classes, draws, events, RATE, SoundDial(variation))


def centroid_hz(sounds: torch.Tensor) -> torch.Tensor:
    power = torch.fft.rfft(sounds).abs().square()
    rates_hz = torch.linspace(0, RATE / 2, power.shape[1])
    return (power * rates_hz).sum(1) / power.sum(1)


def loudest(sounds: torch.Tensor) -> torch.Tensor:
    return sounds.reshape(len(sounds), -1, 800).square().mean(2).amax(1).sqrt()


def test_every_class_is_heard_at_the_same_loudness(everything):
    sounds, _ = everything
    assert sounds.shape == (40, SAMPLES)
    assert sounds.dtype == torch.float32
    assert sounds.isfinite().all()
    assert torch.allclose(loudest(sounds), torch.full((40,), 0.1), rtol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_a_source_begins_with_its_first_event(everything, name):
    sounds, events = everything
    index = NAMES.index(name)
    first = round(float(events.onset_s[index, 0]) * RATE)
    assert not sounds[index, :first].any()
    assert sounds[index, first : first + 80].abs().max() > 0


@pytest.mark.parametrize("name", [kind.name for kind in CLASSES if kind.rhythm != Rhythm.STRIKES])
def test_what_calls_or_goes_on_is_silent_outside_of_its_events(everything, name):
    sounds, events = everything
    index = NAMES.index(name)
    times_s = torch.arange(SAMPLES) / RATE
    start = events.onset_s[index, :, None]
    end = start + events.duration_s[index, :, None] + 0.08
    on = ((times_s >= start) & (times_s < end) & (events.level[index, :, None] > 0)).any(0)
    assert not sounds[index, ~on].any()
    assert sounds[index, on].square().mean() > 1e-4


def test_what_is_struck_rings_out():
    bell, clock = sounded("church bell", 1)[0], sounded("wall clock", 1)[0]
    late = slice(round(0.6 * RATE), None)
    assert bell[late].square().mean() > 1e-5
    assert clock[late].square().mean() < 1e-6


def test_a_source_without_events_is_silent():
    classes = torch.arange(len(NAMES))
    nothing = Events(torch.rand(40, 3), torch.ones(40, 3), torch.zeros(40, 3))
    assert not synthesise(classes, Draws.of("s", 1, classes), nothing, RATE).any()


def test_louder_events_are_louder():
    for name in ("drum", "car", "man"):
        events = Events(
            torch.tensor([[0.1, 1.1]]), torch.full((1, 2), 0.3), torch.tensor([[1, 0.5]])
        )
        kind = torch.tensor([NAMES.index(name)])
        sound = synthesise(
            kind, Draws.of("s", 3, torch.tensor([1])), events, 2 * RATE, SoundDial(0)
        )
        loud, quiet = sound[0, :RATE].square().sum(), sound[0, RATE:].square().sum()
        assert 1.5 < (loud / quiet).sqrt() < 2.7


def test_a_source_sounds_the_same_alone_and_in_any_batch(everything):
    sounds, events = everything
    draws = Draws.of("sounds", 5, torch.arange(40))
    for index in range(0, 40, 7):
        here = torch.tensor([index])
        alone = synthesise(here, draws[here], events[here], SAMPLES)
        assert torch.allclose(alone[0], sounds[index], atol=1e-5)


def test_sources_of_a_class_differ_and_less_with_less_variation():
    for name in ("church bell", "drum", "dog", "rain cloud"):
        spread = [centroid_hz(sounded(name, 8, variation)).std() for variation in (1.0, 0.0)]
        assert spread[0] > 3 * spread[1]


def test_pitches_are_in_the_order_one_expects():
    order = ("church bell", "whistle", "cricket")
    centres_hz = [float(centroid_hz(sounded(name, 8)).mean()) for name in order]
    assert centres_hz == sorted(centres_hz)
    drum, tambourine = (centroid_hz(sounded(name, 8)).mean() for name in ("drum", "tambourine"))
    assert drum < 0.5 * tambourine


def test_variation_out_of_range_says_so():
    with pytest.raises(SettingError, match="0 to 1"):
        SoundDial(variation=2)


def test_echoes_follow_the_sound_and_keep_its_level():
    sound = torch.zeros(6, SAMPLES)
    sound[:, 8000:24000] = 0.1 * Draws.of("n", 1, torch.arange(6)).noise("noise", 16000)
    draws = Draws.of("room", 2, torch.arange(6))
    amount = torch.tensor([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    heard = reverberate(sound, draws, amount)
    assert torch.equal(heard[0], sound[0])
    assert not heard[:, :8000].any()
    change_db = 10 * torch.log10(heard.square().sum(1) / sound.square().sum(1))
    assert change_db.abs().max() < 3
    tail = heard[:, 24100:].square().sum(1)
    assert (tail.diff() > 0).all()
    again = reverberate(sound[3:4], draws[3:4], amount[3:4])
    assert torch.allclose(again, heard[3:4], atol=1e-6)


def test_background_has_the_level_asked_for_and_varies():
    draws = Draws.of("air", 2, torch.arange(20))
    level_dbfs = torch.linspace(-60, -20, 20)
    air = background(draws, SAMPLES, level_dbfs)
    rms_dbfs = 10 * torch.log10(air.square().mean(1))
    assert torch.allclose(rms_dbfs, level_dbfs, atol=0.1)
    centres_hz = centroid_hz(air)
    assert centres_hz.max() > 5 * centres_hz.min()
    assert torch.allclose(background(draws[7:8], SAMPLES, level_dbfs[7:8])[0], air[7], atol=1e-6)
    assert not background(draws[:1], SAMPLES, torch.tensor([-torch.inf])).any()
