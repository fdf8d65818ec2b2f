"""The manifest of a run: all that is needed to make it again, and checksums of what it found.

Written with every export as ``manifest.json``; ``python -m avsl run --manifest`` makes the run
again: see :mod:`avsl.again`.
"""

import importlib.metadata
import json
import platform
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from avsl.checksum import sha256_of_array, sha256_of_words
from avsl.clip import Clip, MediaFile
from avsl.errors import SettingError
from avsl.localization import Localization, Provenance, Verdict, summary
from avsl.names import printable
from avsl.overlay import Style
from avsl.text_files import read_text

FORMAT, OLDER = "avsl.manifest/2", "avsl.manifest/1"
README, AGAIN = "README.txt", "python -m avsl run --manifest manifest.json"
MAPS_FILE = "localization.npz"  # lies beside the manifest, if at all
COUNT_IN = ("numpy", "opencv-python-headless", "scipy", "torch", "av")  # whose versions maps obey
MOST_BYTES = 10_000_000  # of a manifest; larger ones are something else


@dataclass(frozen=True)
class Manifest:
    """What is read back of a manifest."""

    variant: str  # name, Hub id or folder, for ``avsl.load``
    revision: str  # of a Hub id, "" where unknown
    weights_sha256: str  # "" where the variant has no weights
    mode: str  # "", "int8", "untrained"
    avsl_version: str
    clip: MediaFile
    sound: MediaFile | None  # that replaces the clip's own
    map_rate_hz: float
    audible_dbfs: float
    confidence_gate: float
    style: Style
    formats: tuple[str, ...]
    maps_sha256: str
    verdicts_sha256: str
    device: str
    environment: dict[str, str]  # what else the last bits of a map depend on, by name
    absence_gate: float | None = None
    older_words: bool = False  # "not in view" was said wherever nothing was found


def content(clip: Clip, found: Localization, style: Style, formats: tuple[str, ...]) -> dict:
    """The manifest as JSON; ``style`` with the threshold it was drawn at."""
    made = found.provenance
    files = [_media_json(file) for file in clip.files] or [_nameless(clip)]
    return {
        "format": FORMAT,
        "again": AGAIN,
        "command": _command(clip, made, style),
        "avsl_version": made.avsl_version,
        "variant": {
            "name": made.variant,
            "title": made.title,
            "load": made.loaded_as or made.variant,
            "revision": made.revision,
            "weights_sha256": made.weights_sha256,
            "mode": made.mode,
        },
        "clip": {
            **files[0],
            "duration_s": found.duration_s,
            "width": found.width,
            "height": found.height,
            "fps_hz": clip.fps_hz,
        },
        "sound": files[1] if len(files) > 1 else None,
        "map_rate_hz": made.map_rate_hz,
        "audible_dbfs": made.audible_dbfs,
        "confidence_gate": found.confidence_gate,
        "absence_gate": found.absence_gate,
        "style": asdict(style),
        "formats": list(formats),
        "found": {
            "maps_sha256": sha256_of_array(found.maps),
            "verdicts_sha256": sha256_of_words(found.verdicts),
            "shape": list(found.maps.shape),
        },
        "device": made.device,
        "environment": environment(),
        "provenance": asdict(made),
        "summary": summary(found),
        "verdict_shares": {verdict.value: found.share(verdict) for verdict in Verdict},
        "notes": found.notes,
    }


def _media_json(file: MediaFile) -> dict:
    return {"name": file.name, "path": str(file.path or ""), "sha256": file.sha256}


def _nameless(clip: Clip) -> dict:
    """Of a clip that was not read from a file: it cannot be found again."""
    return {"name": clip.name, "path": "", "sha256": clip.digest}


def _command(clip: Clip, made: Provenance, style: Style) -> str:
    """The same run by hand."""
    words = ["python", "-m", "avsl", "run", clip.name]
    words += ["--sound", clip.files[1].name] if len(clip.files) > 1 else []
    words += ["--variant", made.loaded_as or made.variant]
    words += ["--revision", made.revision] if made.revision else []
    words += [f"--{made.mode}"] if made.mode else []
    words += ["--fps", f"{made.map_rate_hz:g}", "--style", style.look]
    words += ["--threshold", f"{style.threshold:g}", "--opacity", f"{style.opacity:g}"]
    words += ["--guesses"] if style.guesses else []
    return shlex.join(words)


def environment() -> dict[str, str]:
    """What the last bits of a map depend on, by name: this machine and the libraries on it."""
    versions = {name: _version(name) for name in COUNT_IN}
    threads = str(torch.get_num_threads())  # sums are split among them
    return {"machine": platform.machine(), "threads": threads, **versions}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def read_manifest(path: Path | str) -> Manifest:
    """Read what :func:`content` wrote; raises :class:`SettingError` for anything else."""
    path = Path(path)
    told = _json(path)
    if told.get("format") == OLDER:
        raise SettingError(
            f"{path.name} was written by an older avsl, which noted too little to make the run "
            f"again and to compare. Its command was: {told.get('command')}"
        )
    if told.get("format") != FORMAT:
        raise SettingError(
            f"{path.name} is not a manifest that this version of avsl can read ({FORMAT})."
        )
    try:
        return _manifest(told)
    except (KeyError, TypeError, ValueError) as error:
        raise SettingError(
            f"{path.name} is no whole manifest: {error} is missing or of another kind."
        ) from error


def _json(path: Path) -> dict:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SettingError(f"{path.name} is too large for a manifest.")
        told = json.loads(read_text(path))
    except OSError as error:
        raise SettingError(f"There is no manifest {path}.") from error
    except ValueError as error:
        raise SettingError(f"{path.name} is not a manifest: it is not JSON.") from error
    if not isinstance(told, dict):
        raise SettingError(f"{path.name} is not a manifest.")
    return told


def _manifest(told: dict) -> Manifest:
    variant, style, found = (_of(told, name, dict) for name in ("variant", "style", "found"))
    return Manifest(
        variant=_of(variant, "load", str),
        revision=_of(variant, "revision", str),
        weights_sha256=_of(variant, "weights_sha256", str),
        mode=_of(variant, "mode", str),
        avsl_version=_of(told, "avsl_version", str),
        clip=_media(_of(told, "clip", dict)),
        sound=None if told["sound"] is None else _media(_of(told, "sound", dict)),
        map_rate_hz=_number(told, "map_rate_hz"),
        audible_dbfs=_number(told, "audible_dbfs"),
        confidence_gate=_number(told, "confidence_gate"),
        style=Style(
            _of(style, "look", str), _number(style, "threshold"), _number(style, "opacity"),
            _of(style, "legend", bool), bool(style.get("guesses", False)),
        ),
        formats=tuple(map(str, _of(told, "formats", list))),
        maps_sha256=_of(found, "maps_sha256", str),
        verdicts_sha256=_of(found, "verdicts_sha256", str),
        device=_of(told, "device", str),
        environment={k: str(v) for k, v in _of(told, "environment", dict).items()},
        absence_gate=None if told.get("absence_gate") is None else _number(told, "absence_gate"),
        older_words="absence_gate" not in told,
    )  # fmt: skip


def _media(told: dict) -> MediaFile:
    path = _of(told, "path", str)
    return MediaFile(_of(told, "name", str), _of(told, "sha256", str), Path(path) if path else None)


def _of(told: dict, name: str, kind: type) -> Any:
    if not isinstance(told[name], kind):
        raise TypeError(name)
    return told[name]


def _number(told: dict, name: str) -> float:
    if isinstance(told[name], bool) or not isinstance(told[name], int | float):
        raise TypeError(name)
    return float(told[name])


def readme(found: Localization) -> str:
    """Two sentences on how to make a bundle's run again."""
    made = found.provenance
    return (
        f'These files show where the sound of "{printable(made.clip)}" comes from, as '
        f"{made.title or made.variant} found it with avsl {made.avsl_version}.\n"
        "To make them again, bit for bit, put that clip beside manifest.json and run this there, "
        "with that avsl:\n\n"
        f"    {AGAIN}\n"
    )
