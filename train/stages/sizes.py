"""Sizes of the tiny networks, and the few words that they read."""

from open_clip import tokenize

from avsl.models.beats import BEATsConfig
from avsl.models.clip import A_PHOTO_OF, EOT, SOT
from avsl.models.published import ACLConfig, CLIPSegConfig
from avsl.synthetic.world.taxonomy import CLASSES, HEARD
from avsl.synthetic.world.words import BACKGROUNDS

IMAGE_PX, WINDOW_S = 112, 3.0
CLASS_NAMES = tuple(CLASSES[kind].name for kind in HEARD)  # in the order of the classifier
GLUE = "a photo of an and , next to before nothing to be heard out of view"


def tiny() -> ACLConfig:
    """About 3 million parameters: 14 x 14 patches of 8 px, 18 x 8 patches of 3 s of sound."""
    words = words_read()
    return ACLConfig(
        BEATsConfig(
            embed_dim=128, encoder_embed_dim=128, encoder_ffn_embed_dim=384, encoder_layers=4,
            encoder_attention_heads=4, conv_pos=32, conv_pos_groups=8, num_buckets=64,
            max_distance=160, predictor_class=len(CLASS_NAMES),
        ),
        CLIPSegConfig(
            embed=128, vision_width=128, vision_layers=4, vision_heads=4, vision_ffn=512, patch=8,
            native_px=IMAGE_PX, text_width=128, text_layers=2, text_heads=4, text_ffn=512,
            vocabulary=len(words), words=words, stem=(32, 64), decoder_width=48, decoder_heads=4,
            decoder_ffn=192, blocks=(1, 2, 3),
        ),
        beats_blocks=(2, 3, 4),
    )  # fmt: skip


def words_read() -> tuple[int, ...]:
    """CLIP's token ids of every word with which the world tells of its heard classes."""
    texts = [GLUE, *BACKGROUNDS]
    for kind in HEARD:
        row = CLASSES[kind]
        texts += [row.noun, *row.sounding, *row.silent]
    ids = {token for text in tokenize(texts).tolist() for token in text if token}
    return tuple(sorted({SOT, EOT, *A_PHOTO_OF, *ids}))
