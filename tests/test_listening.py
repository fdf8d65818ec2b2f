"""Is it listening: who follows the sound scores high, who does not scores nothing."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from avsl import synthetic
from avsl.errors import NoSoundError, SettingError
from avsl.listening import Played, listening, probe
from avsl.localization import Verdict
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants.base import Evidence
from tests.support import CornerVariant, tone_clip
from tests.variants.making import changing_clip, tiny_acl, tiny_two_stream

LEFT, RIGHT, NOWHERE = slice(0, 6), slice(10, 16), slice(0, 0)  # columns of the map
SECONDS = 6.0


class Says(CornerVariant):
    """Shows the columns that ``hears`` answers to the sound; always sure."""

    def __init__(self, hears: Callable[[np.ndarray], slice], sure: float = 2.0) -> None:
        super().__init__()
        self.hears, self.sure = hears, sure

    def localize(self, clip, times_s, progress=lambda fraction, stage: None) -> Evidence:
        maps = np.zeros((len(times_s), 12, 16), np.float32)
        maps[:, :, self.hears(clip.waveform)] = 0.9
        confidence = np.full(len(times_s), self.sure, np.float32)
        return Evidence(maps, confidence, np.tile([0.0, clip.duration_s], (len(times_s), 1)))


def is_tone(sound: np.ndarray) -> bool:
    """Whether 440 Hz is most of it."""
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    near = round(440 * len(sound) / SAMPLE_RATE_HZ)
    return bool(sound.any() and spectrum[near - 3 : near + 4].sum() > 0.5 * spectrum.sum())


def told(variant, **settings):
    return listening(probe(tone_clip(SECONDS), variant, **settings))


def test_who_hears_nothing_scores_nothing():
    deaf = told(Says(lambda sound: LEFT))
    assert deaf.score == 0 and deaf.other.moved == deaf.silence.moved == deaf.noise.emptied == 0
    assert "hardly listens" in deaf.sentence and deaf.moments == 60


def test_who_follows_the_sound_scores_one():
    empties = told(Says(lambda sound: LEFT if is_tone(sound) else NOWHERE))
    moves = told(Says(lambda sound: LEFT if is_tone(sound) else RIGHT))
    assert empties.score == moves.score == 1
    assert (empties.silence.emptied, moves.silence.emptied) == (1, 0)
    assert empties.shifted.moved == 0, "a tone is a tone, later too"
    assert "It listens:" in moves.sentence


def test_who_only_tells_sound_from_silence_does_not_listen():
    alarm = told(Says(lambda sound: LEFT if sound.any() else NOWHERE))
    assert alarm.score == 0 and alarm.silence.emptied == 1 and alarm.other.moved == 0
    stubborn = told(Says(lambda sound: LEFT if is_tone(sound) or not sound.any() else RIGHT))
    assert stubborn.score == 0 and stubborn.other.moved == 1


def test_a_small_move_is_none_and_a_large_one_counts_in_part():
    twitchy = told(Says(lambda sound: LEFT if is_tone(sound) else slice(0, 7)))
    assert twitchy.score == 0
    half = told(Says(lambda sound: LEFT if is_tone(sound) else slice(3, 9)))
    assert 0.5 < half.other.moved < 1 and half.score == pytest.approx(half.other.moved**2)


@pytest.mark.parametrize(
    "mute",
    [Says(lambda sound: LEFT, sure=0.0), Says(lambda sound: NOWHERE)],
    ids=["never sure", "empty maps"],
)
def test_who_shows_nothing_has_no_score_but_a_sentence(mute):
    silent = told(mute)
    assert silent.score is None and silent.other is None and silent.moments == 0
    assert "it shows nothing" in silent.sentence


def test_a_clip_that_cannot_be_heard_gives_no_score():
    clip = tone_clip(SECONDS, silent_after_s=0.0)
    none = listening(probe(clip, Says(lambda sound: LEFT)))
    assert none.score is None and "too quiet" in none.sentence


def test_only_moments_count_at_which_the_own_sound_is_heard():
    clip = tone_clip(SECONDS, silent_after_s=2.0)
    part = listening(probe(clip, Says(lambda sound: LEFT if is_tone(sound) else RIGHT)))
    assert 20 <= part.moments <= 23 and part.score == 1


def test_silence_is_the_variants_own_answer():
    """Not that of the loudness rule, which would empty every map."""
    probing = probe(tone_clip(SECONDS), Says(lambda sound: LEFT))
    assert set(probing.found[Played.SILENCE].verdicts) == {Verdict.SOUNDING}
    assert probing.found[Played.SILENCE].maps.any()


def test_noise_that_cannot_be_as_loud_is_as_loud_as_it_can_be():
    probing = probe(tone_clip(SECONDS), CornerVariant())
    assert "as loud as it can be" in probing.notes[2]


def test_the_threshold_can_be_changed_afterwards():
    probing = probe(tone_clip(SECONDS), Says(lambda sound: LEFT))
    assert listening(probing, threshold=0.95).score is None


@pytest.mark.parametrize("make", [tiny_acl, tiny_two_stream])
def test_frames_are_encoded_once_for_all_sounds(make, monkeypatch):
    variant, clip, images = make(), changing_clip(SECONDS), []
    see = variant.see
    monkeypatch.setattr(variant, "see", lambda image: images.append(len(image)) or see(image))
    probing = probe(clip, variant, map_rate_hz=2.0)
    assert len(probing.found) == 5
    assert sum(images) == variant.frames.encoded == 12, "one a moment, whatever is heard"
    alone = make().localize(clip, probing.own.times_s)
    assert np.array_equal(alone.maps, probing.own.maps)


def test_synchrony_listens():
    heard = listening(probe(synthetic.make("bell").clip, "sync"))
    assert heard.score > 0.9 and heard.shifted.moved > 0.5


# the sounds


def test_the_sounds_are_as_loud_and_as_long_as_the_clips_own():
    clip, played = tone_clip(SECONDS), {}
    clip = replace(clip, waveform=0.3 * clip.waveform)

    def listen(sound: np.ndarray) -> slice:
        played[len(played)] = sound
        return LEFT

    short = np.sin(np.arange(SAMPLE_RATE_HZ)).astype(np.float32) * 0.01
    probing = probe(clip, Says(listen), other_sound=short, shift_s=2.0)
    own, other, silence, noise, shifted = played.values()
    loudness = [np.sqrt(np.square(sound).mean()) for sound in (other, noise, shifted)]
    assert loudness == pytest.approx([np.sqrt(np.square(own).mean())] * 3, rel=0.01)
    assert not silence.any() and np.abs(noise).max() <= 1
    assert len({len(sound) for sound in played.values()}) == 1
    assert np.array_equal(shifted[2 * SAMPLE_RATE_HZ :], own[: -2 * SAMPLE_RATE_HZ])
    assert "repeated to the clip's length" in probing.notes[0]


def test_without_another_sound_a_built_in_one_is_named():
    probing = probe(tone_clip(SECONDS), CornerVariant())
    assert "a made one: frog" in probing.notes[0]


def test_a_short_clip_is_not_shifted_and_that_is_told():
    probing = probe(tone_clip(2.0), CornerVariant())
    assert Played.SHIFTED not in probing.found and "too short to shift" in probing.notes[-1]
    assert listening(probing).shifted is None
    assert Played.SHIFTED in probe(tone_clip(4.2), CornerVariant()).found, "by 2 s"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shift_s": 1.0}, "at least 2 s"),
        ({"shift_s": 5.0}, "choose up to 4.0 s"),
        ({"other_sound": np.zeros(100, np.float32)}, "is silent"),
        ({"other_sound": np.zeros((100, 2), np.float32)}, "must be mono"),
        ({"other_sound": np.zeros(0, np.float32)}, "is silent"),
        ({"other_sound": np.repeat(np.float32([0, 1]), 100_000)}, "is silent"),
    ],
)
def test_what_cannot_be_played_is_a_sentence(settings, words):
    with pytest.raises(SettingError, match=words):
        probe(tone_clip(SECONDS), CornerVariant(), **settings)


def test_a_clip_without_sound_is_refused():
    mute = replace(tone_clip(SECONDS), waveform=np.zeros(0, np.float32))
    with pytest.raises(NoSoundError):
        probe(mute, CornerVariant())
