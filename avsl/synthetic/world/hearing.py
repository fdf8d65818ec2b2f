"""What is heard of scenes: the sources, the room and the background."""

import torch
from torch import Tensor

from avsl.settings import SAMPLE_RATE_HZ
from avsl.synthetic.world.dials import Difficulty
from avsl.synthetic.world.events import Events
from avsl.synthetic.world.room import background, reverberate
from avsl.synthetic.world.scenes import Scenes
from avsl.synthetic.world.sounds import SoundDial, synthesise

SOURCE_DBFS = -20.0  # loudest 50 ms of a source as synthesised
QUIETEST_DB, LOUDEST_DB = -8.0, 4.0  # a source's own level in the mix


def waveforms(scenes: Scenes, events: Events, difficulty: Difficulty, duration_s: float) -> Tensor:
    """The mixed sound of B scenes, (B, S) in [-1, 1]. ``events`` has first axes (B, N + 1).

    Noise and room are there whether or not anything sounds, so silence is no perfect zero.
    """
    samples = round(duration_s * SAMPLE_RATE_HZ)
    scene, slot = torch.nonzero(scenes.sounding, as_tuple=True)
    sources = scenes.objects[scene, slot]
    dial = SoundDial(difficulty.sound_variation)
    dry = synthesise(scenes.classes[scene, slot], sources, events[scene, slot], samples, dial)
    level_db = sources.uniform("level", low=QUIETEST_DB, high=LOUDEST_DB)
    dry *= 10 ** (level_db / 20)[:, None]
    mix = dry.new_zeros(len(scenes), samples).index_add_(0, scene, dry)
    room = scenes.draws.of_each("room", 1)[:, 0]
    mix = reverberate(mix, room, room.uniform("amount") * difficulty.reverberation)
    noise_dbfs = SOURCE_DBFS - room.uniform(
        "snr", low=difficulty.snr_db[0], high=difficulty.snr_db[1]
    )
    mix = mix + background(room, samples, noise_dbfs)
    gain_db = room.uniform("gain", low=-14.0, high=-2.0)
    return (mix * 10 ** (gain_db / 20)[:, None]).clamp(-1, 1)
