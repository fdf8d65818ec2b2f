"""A training on disk: what it was, how far it is, what to resume from.

OUT/config.json                          the settings; --preset takes it
OUT/model.safetensors, card.json         the variant, once the training is done
OUT/run/losses.csv, validation.csv       every logged step, every validation
OUT/run/speed.csv                        clips a second, and the share of waiting for data
OUT/run/curves.png, maps.png             to look at
OUT/run/state.pt, best.pt                to resume from
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from avsl.errors import SettingError, WeightsError
from avsl.storage import storage_errors
from train.config import TrainConfig, read_config
from train.model_card import CONFIG_FILE


@dataclass(frozen=True)
class RunFolder:
    """One training's folder."""

    path: Path

    @property
    def run(self) -> Path:
        """What a published variant does not carry along."""
        return self.path / "run"

    def begin(self, config: TrainConfig, resume: bool) -> dict[str, Any] | None:
        """Make the folder, or give what to resume from.

        Raises :class:`SettingError` where it holds another training, or this one unasked.
        """
        old = self.path / CONFIG_FILE
        if resume and old.is_file():
            changed = config.differs(read_config(old))
            if changed:
                raise SettingError(
                    f"{self.path} was begun with other settings ({', '.join(changed)}). Resume "
                    f"with --preset {old}, or choose another --out."
                )
        elif (self.run / "state.pt").is_file():
            raise SettingError(
                f"{self.path} holds a training already: go on with it by --resume, or choose "
                "another --out."
            )
        with storage_errors(self.path):
            self.run.mkdir(parents=True, exist_ok=True)
            told = replace(config, cache="", device="auto")  # of this machine alone
            write_whole(old, json.dumps(told.to_dict(), indent=1).encode())
        return self.state() if resume else None

    def state(self) -> dict[str, Any] | None:
        """What :meth:`keep` kept last."""
        state = self.run / "state.pt"
        return _read(state) if state.is_file() else None

    def keep(self, state: dict[str, Any]) -> None:
        """To resume from. A kill at any moment leaves the one before or this one, whole."""
        self._save("state.pt", state)

    def keep_best(self, module: nn.Module) -> None:
        """The best network so far."""
        self._save("best.pt", module.state_dict())

    def best(self) -> dict[str, Any]:
        """The weights of :meth:`keep_best`."""
        return _read(self.run / "best.pt")

    def _save(self, name: str, what: dict[str, Any]) -> None:
        part = self.run / f"{name}.part"
        with storage_errors(self.run):
            with open(part, "wb") as file:
                torch.save(what, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.run / name)


def write_whole(path: Path, data: bytes) -> None:
    """Under another name first, so that nobody ever reads half of it."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise WeightsError(
            f"{path} cannot be read ({error}). Delete the folder and train again."
        ) from error
