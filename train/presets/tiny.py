"""Small ones on the procedural world, for two processor cores."""

from dataclasses import replace

from train.config import TrainConfig

# What a small network needs and the papers' recipe lacks: affine-free batch norms on both heads
# (in the "tiny" network), a temperature of 0.07, and pooling that anneals from the mean into the
# maximum. Rate and steps are provisional, from short tries on middling difficulty (2,000 steps on
# scenes with one or two objects: the peak is on the source in 64 % of them, on something silent in
# 8 %); 8,192 scenes over and over are learned by heart, so every scene comes once.
EZ_VSL = TrainConfig(
    name="ez-vsl-tiny",
    summary="EZ-VSL in miniature: marks what looks like what is heard.",
    objective="ez_vsl",
    objective_settings={"temperature": 0.07, "anneal": 0.4},
    steps=6000,
    learning_rate=1.5e-3,
    weight_decay=1e-4,
    optimizer="adamw",
)
MARGIN = replace(
    EZ_VSL,
    name="margin-tiny",
    summary="MarginNCE in miniature: EZ-VSL that forgives pairs which do not match.",
    objective="margin_nce",
)
LVS = replace(
    EZ_VSL,
    name="lvs-tiny",
    summary="LVS in miniature: a tri-map of sure, silent and unsure places.",
    objective="lvs",
    objective_settings={},
)
SLAVC = replace(
    EZ_VSL,
    name="slavc-tiny",
    summary="SLAVC in miniature: which sound for a place, and which place for a sound.",
    objective="slavc",
    objective_settings={"temperature": 0.07},
    ema_decay=0.99,
)
FNAC = replace(
    EZ_VSL,
    name="fnac-tiny",
    summary="FNAC in miniature: clips that are alike may stay alike.",
    objective="fnac",
)
# Five minutes on two cores that are free, from nothing to a variant that can be loaded: to see that
# everything works, in the easy world, where the loss begins to fall in this time.
LAPTOP = replace(
    MARGIN,
    name="laptop",
    difficulty="easy",
    learning_rate=2e-3,
    steps=600,
    validate_every=150,
    validation_scenes=128,
)

PRESETS = {each.name: each for each in (EZ_VSL, MARGIN, LVS, SLAVC, FNAC, LAPTOP)}
