"""The papers' settings, as their released code runs them; (?) marks what is not certain.

    python -m train.train --preset ez-vsl-vggsound144k --set data=FOLDER_OF_SHARDS

Numbers of steps are epochs over 144,000 clips. A picture is judged at a threshold of a validation
set nowhere in these papers, and clips of VGGSound have no boxes to train or validate with: such a
run is judged by its loss on clips that are held out.
"""

from dataclasses import replace

from train.config import TrainConfig

CLIPS = 144_000


def _steps(epochs: int, batch: int) -> int:
    return epochs * CLIPS // batch


# EZ-VSL (ECCV 2022): Adam at 1e-4 throughout, batch 128, 20 epochs, 3 s of sound, 224 px.
EZ_VSL = TrainConfig(
    name="ez-vsl",
    objective="ez_vsl",
    network="ez_vsl",
    start="imagenet",
    data="vggsound-144k",
    px=224,
    batch=128,
    negatives="per process",
    steps=_steps(20, 128),
    learning_rate=1e-4,
    schedule="constant",
    warm_up=0.0,
    validate_every=CLIPS // 128,
    save_every=500,
    validation_scenes=500,
    workers=8,
    log_every=20,
)
# MarginNCE (ICASSP 2023): EZ-VSL with m = -0.2 (?).
MARGIN_NCE = replace(EZ_VSL, name="margin-nce", objective="margin_nce")
# LVS (CVPR 2021): 14 x 14 maps without projections; batch 32 (?), 100 epochs (?).
LVS = replace(
    EZ_VSL,
    name="lvs",
    objective="lvs",
    network="lvs",
    batch=32,
    steps=_steps(100, 32),
    validate_every=CLIPS // 32,
)
# SLAVC (NeurIPS 2022): two heads, dropout 0.9 on the picture (the network's), averages of 0.999.
SLAVC = replace(
    EZ_VSL, name="slavc", objective="slavc", network="slavc", weight_decay=1e-4, ema_decay=0.999
)
# FNAC (CVPR 2023): batch 256, 30 epochs of which 5 without its three terms (its scripts; the
# paper's 20 epochs with 3 are the objective's default), dropout 0.9 on the picture.
FNAC = replace(
    EZ_VSL,
    name="fnac",
    objective="fnac",
    objective_settings={"warm_up": 5 / 30},
    network="fnac",
    batch=256,
    steps=_steps(30, 256),
    weight_decay=1e-4,
    validate_every=CLIPS // 256,
)
# ACL (WACV 2024): a new audio projector and mask scalars of 10 and 14 between the released CLIPSeg
# and BEATs, which stay frozen; 8 pairs on each of 2 GPUs, negatives per GPU, 20 epochs, AMP. The
# paper prints a learning rate of 1e-3, a typo: with it training diverges, the released code has
# 1e-4. (start="acl" goes on training what its authors trained.)
ACL = replace(
    EZ_VSL,
    name="acl",
    objective="acl",
    network="acl",
    start="backbones",
    px=352,
    sound_s=10.0,
    batch=16,
    steps=_steps(20, 16),
    weight_decay=1e-4,
    validate_every=CLIPS // 16,
)

_ALL = {each.name: each for each in (EZ_VSL, MARGIN_NCE, LVS, SLAVC, FNAC, ACL)}
PRESETS = {f"{name}-vggsound144k": each for name, each in _ALL.items()} | {
    f"{name}-flickr144k": replace(each, data="flickr-144k") for name, each in _ALL.items()
}
