"""A network of the tiny path's make that runs in no time, and stages to match."""

from dataclasses import replace

from avsl.models.beats import BEATsConfig
from avsl.models.published import ACLConfig
from avsl.synthetic.world import EASY, Scenes
from train.stages import audio, clip, decoder, eye
from train.stages.run import Part
from train.stages.scenes import Source
from train.stages.sizes import CLASS_NAMES, tiny

PX, BATCH = 48, 8


def micro() -> ACLConfig:
    return ACLConfig(
        BEATsConfig(
            embed_dim=32, encoder_embed_dim=32, encoder_ffn_embed_dim=64, encoder_layers=2,
            encoder_attention_heads=2, conv_pos=8, conv_pos_groups=4, num_buckets=32,
            max_distance=64, predictor_class=len(CLASS_NAMES),
        ),
        replace(
            tiny().clipseg, embed=32, vision_width=32, vision_layers=2, vision_heads=2,
            vision_ffn=64, native_px=PX, text_width=32, text_layers=1, text_heads=2, text_ffn=64,
            stem=(8, 16), decoder_width=16, decoder_heads=2, decoder_ffn=32, blocks=(0, 1),
        ),
        beats_blocks=(1, 2),
    )  # fmt: skip


class OneBatch(Source):
    """The same few scenes at every step: what is learned of them shows soon."""

    def scenes(self, step: int, validation: bool = False) -> Scenes:
        return super().scenes(0, validation)


def overfitting(settings):
    """A stage's settings with its scenes kept."""
    return replace(settings, source=OneBatch(**vars(settings.source)))


def stages() -> dict[str, Part]:
    """By name; easy scenes in small batches."""
    made = {}
    for module, settings in (
        (clip, clip.ClipStage(rate=3e-3)),
        (decoder, decoder.DecoderStage(rate=5e-3)),
        (audio, audio.AudioStage(rate=3e-3)),
        (eye, eye.EyeStage(rate=3e-3)),
    ):
        source = replace(settings.source, px=PX, batch=BATCH, difficulty=EASY)
        name = module.__name__.rpartition(".")[2]
        made[name] = Part(name, replace(settings, source=source), module.run, module.measure)
    return made
