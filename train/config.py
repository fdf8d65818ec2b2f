"""Everything that can be turned in a training, one comment a knob.

A run keeps its configuration beside its weights as config.json, which ``--preset`` takes as well.
"""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from avsl.errors import SettingError
from avsl.synthetic.world import DIFFICULTIES, Classes, Recipe, World
from avsl.text_files import read_text

WORLD = "world"
CHOICES = {
    "negatives": ("gathered", "per process"),
    "optimizer": ("adam", "adamw"),
    "schedule": ("cosine", "constant"),
    "precision": ("auto", "float32", "bfloat16", "float16"),
    "difficulty": tuple(DIFFICULTIES),
    "classes": tuple(Classes),
}
AT_LEAST_ONE = ("px", "batch", "accumulate", "steps", "validate_every", "log_every", "save_every")
# What may be another in the half of a run that is resumed: none of it changes a loss.
ANY_TIME = (
    "device", "workers", "threads", "log_every", "save_every", "pictures", "cache", "cache_gb",
)  # fmt: skip


@dataclass(frozen=True)
class TrainConfig:
    """A whole training. The result follows from this, the code and the number of processes."""

    # What is trained
    name: str = "untitled"  # of the variant that comes out
    summary: str = ""  # one sentence for its card: what it does and what it is good for
    objective: str = "ez_vsl"  # a file of train/objectives; its family decides on the network
    objective_settings: dict[str, Any] = field(default_factory=dict)  # of it: margin, temperature
    network: str = "tiny"  # a configuration of the family
    network_settings: dict[str, Any] = field(default_factory=dict)  # fields of it to change
    start: str = ""  # weights to begin with: "" random, "imagenet", "backbones" (ACL's released
    # parts), a backbone's folder, or a variant by its name, folder or Hub id
    guidance: dict[str, Any] = field(default_factory=dict)  # of train.objectives.guided; {}: none
    ema_decay: float = 0.0  # of an averaged network that is then validated and kept; 0: none
    seed: int = 0  # of the first weights, dropout, augmentation and the scenes

    # What it sees and hears
    data: str = WORLD  # or prepared shards (train/data/prepare.py): a folder, or s3://, gs://, ...
    scenes: int = 0  # how many different ones of the world, over and over (8,192 are learned by
    # heart by a tiny network in six rounds); 0: never one twice
    remember: bool = False  # what frozen parts make of those scenes is kept in memory; what they
    # make of shards in files of the cache
    cache: str = ""  # a folder that keeps those scenes, or what is remembered of them (2 to 4 GB),
    # for other runs as well; "": made each time. Shards of a URL are fetched into it
    cache_gb: float = 200.0  # of fetched shards on a machine; the oldest go as others come
    px: int = 112  # side of the pictures that it is judged and used with
    train_px: int = 0  # of those that it learns from; 0: px. A transformer takes any, and half the
    # side costs a quarter
    sound_s: float = 3.0  # around the picture
    augment: bool = True  # shards: a crop of 1 / 1.1 and mirroring; both: mirroring
    difficulty: str = "middling"  # of the world, below as well
    classes: str = "heard"  # training meets no others, so that the unheard ones stay unheard
    mismatched: float = 0.0  # chance that the sound is of another scene: noisy correspondence
    off_screen: float = 0.0  # chance that the source is out of view
    twins: float = 0.0  # chance that something silent in view is of the sounding class
    imbalance: float = 0.0  # class weights fall as rank to the power of minus this

    # How it learns
    batch: int = 64  # pairs that a step looks at in all processes together
    negatives: str = "gathered"  # among all processes' pairs, or "per process": another result
    # With "gathered" the batch norms take their statistics over all processes, too, so that the
    # number of processes changes nothing; with "per process" each has its own, as a batch would.
    accumulate: int = 1  # batches whose gradients are averaged for one step. Each is contrasted by
    # itself: this steadies the gradient and gives no pair one negative more.
    steps: int = 1000  # of the optimizer
    optimizer: str = "adam"
    learning_rate: float = 1e-3  # at its highest
    weight_decay: float = 0.0
    schedule: str = "cosine"
    warm_up: float = 0.05  # share of the steps over which the rate rises from 0
    last_rate: float = 0.01  # share of the learning rate at the end of the cosine
    clip_norm: float = 0.0  # longest gradient; 0: any
    precision: str = "auto"  # of the networks: bfloat16 where cuda has it, else float32

    # How it is judged: scenes of a stream of their own, matched and with the classes of training
    validate_every: int = 200  # steps
    validation_scenes: int = 256  # half as many again have their source out of view
    patience: int = 0  # validations without a better one before it stops early; 0: never
    pictures: int = 6  # validation scenes that are drawn with their maps

    # Where and how it runs; none of it is meant to change the result
    device: str = "auto"
    compile: str = ""  # torch.compile's backend for the network, such as inductor: minutes at
    # first, then quicker steps; "": as it is
    workers: int = 1  # processes that make batches, a thread each; 0: the training itself
    threads: int = 0  # of torch on the processor; 0: as torch likes
    log_every: int = 10  # steps
    save_every: int = 200  # steps, to resume from; after every validation as well

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise SettingError(
                    f"{name} is one of {', '.join(allowed)}, not {getattr(self, name)!r}."
                )
        for name in AT_LEAST_ONE:
            if getattr(self, name) < 1:
                raise SettingError(f"{name} is at least 1, not {getattr(self, name)}.")
        if not 0 <= self.ema_decay < 1:
            raise SettingError(f"ema_decay lies in [0, 1), not at {self.ema_decay}.")
        if self.cache and self.of_world and not self.scenes:
            raise SettingError("cache keeps a number of scenes: set scenes, too.")

    @property
    def of_world(self) -> bool:
        """Whether the data are the world's."""
        return self.data == WORLD

    @property
    def world(self) -> World:
        """What training sees and hears, correspondence noise included."""
        recipe = Recipe(
            classes=Classes(self.classes),
            twins=self.twins,
            off_screen=self.off_screen,
            mismatched=self.mismatched,
            imbalance=self.imbalance,
        )
        return World(recipe, DIFFICULTIES[self.difficulty], self.learned_px, self.sound_s)

    @property
    def learned_px(self) -> int:
        """Side of the pictures that it learns from."""
        return self.train_px or self.px

    def to_dict(self) -> dict[str, Any]:
        """Ready for ``json.dumps``."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainConfig":
        """Raises :class:`SettingError` for a knob that there is not."""
        return cls().changed(values)

    def changed(self, values: dict[str, Any]) -> "TrainConfig":
        """A copy with other values; ``"objective_settings.margin"`` reaches into a dictionary."""
        known = {each.name for each in fields(self)}
        new: dict[str, Any] = {}
        for key, value in values.items():
            name, _, inner = key.partition(".")
            if name not in known or (inner and not isinstance(getattr(self, name), dict)):
                raise SettingError(
                    f"There is no setting {key!r}. There are: {', '.join(sorted(known))}."
                )
            if inner:
                value = {**new.get(name, getattr(self, name)), inner: value}
            new[name] = _of_type(name, value, getattr(self, name))
        return replace(self, **new)

    def differs(self, other: "TrainConfig") -> list[str]:
        """The settings of another run that a resumed one may not change."""
        mine, theirs = self.to_dict(), other.to_dict()
        return [name for name in mine if mine[name] != theirs[name] and name not in ANY_TIME]


def _of_type(name: str, value: Any, like: Any) -> Any:
    """``value`` as the type of the setting it replaces; whole numbers will do as fractions."""
    if isinstance(like, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(like):
        raise SettingError(f"{name} is of type {type(like).__name__}, not {value!r}.")
    return value


def assignments(texts: list[str]) -> dict[str, Any]:
    """``["batch=32", "network=tiny"]`` as values: JSON where it is that, else the text itself."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise SettingError(f"--set takes key=value, not {text!r}.")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


def read_config(path: Path) -> TrainConfig:
    """Of a run's config.json."""
    try:
        return TrainConfig.from_dict(json.loads(read_text(path)))
    except OSError as error:
        raise SettingError(f"There is no configuration {path}.") from error
    except ValueError as error:
        raise SettingError(f"{path} is not JSON: {error}.") from error
