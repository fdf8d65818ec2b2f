"""Which trainings each study is made of. Adding an arm is adding a line here."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from train.config import TrainConfig
from train.presets import preset

SEEDS = (0, 1, 2)
MARGINS = (0.0, -0.1, -0.2, -0.3, -0.4)
NOISE = (0.0, 0.2, 0.4)  # share of the pairs whose sound is of another scene
HEADS = ("lvs", "ez-vsl", "slavc", "fnac")  # two-stream methods that MarginNCE improves


@dataclass(frozen=True)
class Trial:
    """One training; those of an ``arm`` differ in their seed alone."""

    arm: str
    config: TrainConfig

    @property
    def name(self) -> str:
        return f"{self.arm} seed {self.config.seed}"


def trials(study: str) -> list[Trial]:
    """All of a study, those that share their scenes next to each other."""
    found = [
        Trial(arm, config.changed({"seed": seed}))
        for arm, config in STUDIES[study]()
        for seed in SEEDS
    ]
    return sorted(found, key=lambda each: (each.config.seed, each.config.mismatched))


def methods() -> Iterator[tuple[str, TrainConfig]]:
    """Every method as it ships, and a two-stream network on the very tower of ACL."""
    for name in ("acl", *HEADS, "margin"):
        yield name, preset(f"{name}-tiny")
    yield "acl-guided", preset("acl-tiny-guided")
    yield "ez-vsl, on CLIP's tower", preset("ez-vsl-tiny").changed({"network": "frozen-clip"})


def margins() -> Iterator[tuple[str, TrainConfig]]:
    """A negative margin under pairs that do not match, in every contrastive method."""
    for method, noise, margin in product(HEADS, NOISE, MARGINS):
        changes = {"objective_settings.margin": margin, "mismatched": noise}
        yield (
            f"{method}, noise {noise:g}, margin {margin:g}",
            preset(f"{method}-tiny").changed(changes),
        )


def margins_acl() -> Iterator[tuple[str, TrainConfig]]:
    """The same in ACL, whose steps are a hundred times dearer: fewer margins, and whole pictures
    throughout, since masks change next to nothing here.
    """
    for noise, margin in product(NOISE, (0.0, -0.2, -0.4)):
        changes = {"objective_settings.margin": margin, "mismatched": noise}
        yield (
            f"acl, noise {noise:g}, margin {margin:g}",
            preset("acl-tiny").changed({**changes, "network_settings.unmasked": 1.0}),
        )


def guidance() -> Iterator[tuple[str, TrainConfig]]:
    """What the words for what sounds and what is silent add to ACL, term by term."""
    guided = preset("acl-tiny-guided")
    yield "acl", preset("acl-tiny")
    yield "all terms", guided
    yield "no silent words", guided.changed({"guidance.use_silent": False})
    yield "heard alone", guided.changed({"guidance.use_visual": False})
    yield "seen alone", guided.changed({"guidance.use_audio": False})


STUDIES = {
    "methods": methods, "margins": margins, "margins-acl": margins_acl, "guidance": guidance,
}  # fmt: skip
