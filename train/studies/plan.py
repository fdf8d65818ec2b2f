"""Which trainings each study is made of. Adding an arm is adding a line here."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from train.config import TrainConfig
from train.objectives import ez_vsl
from train.presets import preset

SEEDS = (0, 1, 2)
MARGINS = (0.0, -0.1, -0.2, -0.3, -0.4)
NOISE = (0.0, 0.2, 0.4)  # share of the pairs whose sound is of another scene
HEADS = ("lvs", "ez-vsl", "slavc", "fnac")  # two-stream methods that MarginNCE improves


@dataclass(frozen=True)
class Trial:
    """One training; those of an ``arm`` differ in their seed alone."""

    study: str
    arm: str
    config: TrainConfig

    @property
    def name(self) -> str:
        return f"{self.arm} seed {self.config.seed}"

    @property
    def folder(self) -> str:
        """Its name, fit for a shell."""
        return self.name.replace(", ", "_").replace(" ", "-")


def trials(*studies: str) -> list[Trial]:
    """All of these studies, those that share scenes and frozen parts next to each other."""
    found = [
        Trial(study, arm, config.changed({"seed": seed}))
        for study in studies
        for arm, config in STUDIES[study]()
        for seed in SEEDS
    ]
    return sorted(found, key=lambda each: (each.config.seed, each.config.network))


def methods() -> Iterator[tuple[str, TrainConfig]]:
    """Every method as it ships, and a two-stream network on the very tower of ACL."""
    for name in ("acl", *HEADS, "margin"):
        yield name, preset(f"{name}-tiny")
    yield "acl-guided", preset("acl-tiny-guided")
    yield "ez-vsl, on CLIP's tower", preset("ez-vsl-tiny").changed({"network": "frozen-clip"})


def margins() -> Iterator[tuple[str, TrainConfig]]:
    """A negative margin under pairs that do not match, in every contrastive method."""
    for method, noise, margin in product(HEADS, NOISE, MARGINS):
        yield _with(preset(f"{method}-tiny"), noise, margin)


def margins_published() -> Iterator[tuple[str, TrainConfig]]:
    """At MarginNCE's own temperature, where a margin of -0.2 is worth five times as much: a high
    temperature forgives pairs that do not match by itself.
    """
    sharp = preset("ez-vsl-tiny").changed({"objective_settings.temperature": ez_vsl.TEMPERATURE})
    for noise, margin in product((0.0, 0.4), MARGINS[::2]):
        yield _with(sharp, noise, margin)


def margins_acl() -> Iterator[tuple[str, TrainConfig]]:
    """The same in ACL, whose steps are a hundred times dearer: fewer margins, and whole pictures
    throughout, since masks change next to nothing here.
    """
    whole = preset("acl-tiny").changed({"network_settings.unmasked": 1.0})
    for noise, margin in product(NOISE, (0.0, -0.2, -0.4)):
        yield _with(whole, noise, margin)


def _with(config: TrainConfig, noise: float, margin: float) -> tuple[str, TrainConfig]:
    """An arm of a sweep; what is as in the preset stays as there, so that it is the same one."""
    changes = {"mismatched": noise} | ({"objective_settings.margin": margin} if margin else {})
    method = config.name.removesuffix("-tiny")
    return f"{method}, noise {noise:g}, margin {margin:g}", config.changed(changes)


def guidance() -> Iterator[tuple[str, TrainConfig]]:
    """What the words for what sounds and what is silent add to ACL, term by term."""
    guided = preset("acl-tiny-guided")
    yield "acl", preset("acl-tiny")
    yield "all terms", guided
    yield "no silent words", guided.changed({"guidance.use_silent": False})
    yield "heard alone", guided.changed({"guidance.use_visual": False})
    yield "seen alone", guided.changed({"guidance.use_audio": False})


def unpaired() -> Iterator[tuple[str, TrainConfig]]:
    """Classes that frozen towers know by look and by sound, but that no training brought together:
    what "unheard" means for ACL, whose CLIP and BEATs had met nearly everything.
    """
    for name in ("acl", "ez-vsl"):
        yield name, preset(f"{name}-tiny").changed({"classes": "paired"})


STUDIES = {
    "methods": methods,
    "margins": margins,
    "margins-published": margins_published,
    "margins-acl": margins_acl,
    "guidance": guidance,
    "unpaired": unpaired,
}
