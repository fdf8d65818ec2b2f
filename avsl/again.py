"""Making the run of a manifest again: its files found, its variant checked, its maps compared.

The clip and the weights have to be the same, bit for bit, or the maps could not be. Another version
of avsl, another library or device may well give the same maps, so it is told and the run is made:
the comparison at its end says what came of it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avsl.checksum import sha256_of, sha256_of_array, sha256_of_words
from avsl.clip import MediaFile
from avsl.errors import MediaError, SettingError, VariantError
from avsl.localization import Localization, Verdict
from avsl.manifest import MAPS_FILE, Manifest, environment, read_manifest
from avsl.variants import Variant, is_hub_id, origin_of
from avsl.version import __version__

MODES = ("", "int8")  # "untrained" is of random weights


@dataclass(frozen=True)
class Again:
    """A run that is to be made again, with its files found."""

    manifest: Manifest
    file: Path  # where the manifest lies
    clip: Path
    sound: Path | None


@dataclass(frozen=True)
class Sameness:
    """What came of it."""

    same: bool
    words: str


def again(file: Path, clip: Path | None = None, sound: Path | None = None) -> Again:
    """The run of the manifest ``file``; ``clip`` and ``sound`` say where its media files are, which
    are else looked for where the manifest says and beside it.

    Raises :class:`SettingError` for what is no manifest or cannot be made again, and
    :class:`MediaError` for a file that is not there or not the same.
    """
    manifest = read_manifest(file)
    if manifest.mode not in MODES:
        raise SettingError(
            f"{file.name} is of a run with {manifest.mode} weights, which are other ones every "
            "time, so it cannot be made again."
        )
    if sound and not manifest.sound:
        raise SettingError(
            f"--sound {sound} contradicts the manifest: it is of a run with the clip's own sound."
        )
    found = _found(manifest.clip, clip, file, "CLIP")
    other = manifest.sound and _found(manifest.sound, sound, file, "--sound FILE")
    return Again(manifest, file, found, other)


def _found(media: MediaFile, given: Path | None, manifest: Path, asked: str) -> Path:
    """The media file, by its checksum."""
    if not media.sha256:
        raise SettingError(
            f'"{media.name}" was made in memory or given another sound there, so {manifest.name} '
            "has no file to make the run again from."
        )
    beside = manifest.parent / Path(media.name).name
    places = [given] if given else [place for place in (media.path, beside) if place]
    there = [place for place in dict.fromkeys(places) if place.is_file()]
    for place in there:
        if sha256_of(place) == media.sha256:
            return place
    if there:
        raise MediaError(
            f'{there[0]} is not the "{media.name}" of the manifest: its sha256 is '
            f"{sha256_of(there[0])[:12]}..., not {media.sha256[:12]}... Give the original: "
            f"python -m avsl run {_typed(asked)} --manifest {manifest}"
        )
    where = f"not at {given}" if given else "neither where the manifest says nor beside it"
    raise MediaError(
        f'The file "{media.name}" of the manifest is {where}. Say where it is: '
        f"python -m avsl run {_typed(asked)} --manifest {manifest}"
    )


def _typed(asked: str) -> str:
    return asked if asked == "CLIP" else f"CLIP {asked}"


def variant_name(manifest: Manifest, given: str | None = None) -> str:
    """What to load: ``given`` where that is the folder of a variant, which may have moved."""
    if given and Path(given).is_dir() and manifest.weights_sha256:
        return given
    folder = Path(manifest.variant)
    if folder.is_absolute() and not folder.is_dir():
        raise VariantError(
            f"The variant's folder {folder} is not on this machine. Say where it is with "
            "--variant FOLDER; its weights are compared with the manifest."
        )
    return manifest.variant


def revision(manifest: Manifest, name: str) -> str | None:
    """Of the variant to load."""
    return (manifest.revision or None) if is_hub_id(name) and not Path(name).is_dir() else None


def checked(manifest: Manifest, variant: Variant) -> tuple[str, ...]:
    """Sentences on what is otherwise than in the manifest and may show; raises
    :class:`VariantError` for other weights, with which the maps could not be the same.
    """
    origin = origin_of(variant)
    if origin.weights_sha256 != manifest.weights_sha256:
        raise VariantError(
            f"The weights of {manifest.variant!r} here are others than those of the manifest "
            f"(sha256 {origin.weights_sha256[:12] or 'none'}, not "
            f"{manifest.weights_sha256[:12] or 'none'}), so the maps could not be the same. "
            "Bring back the weights of then, or leave out --manifest."
        )
    return tuple(_differences(manifest, variant))


def _differences(manifest: Manifest, variant: Variant) -> list[str]:
    told = []
    if manifest.avsl_version != __version__:
        told.append(
            f"The manifest is of avsl {manifest.avsl_version}, this is {__version__}: if the "
            "maps differ, install that version."
        )
    device = str(getattr(variant, "device", "cpu"))
    here = {**environment(), "device": device}
    then = {**manifest.environment, "device": manifest.device}
    others = [f"{name} {then[name]} then, {now} now" for name, now in here.items()
              if then.get(name, now) != now]  # fmt: skip
    if others:
        told.append(f"The last bits of the maps may differ: {'; '.join(others)}.")
    if manifest.confidence_gate != variant.card.confidence_gate:
        told.append(
            f"The gate of the variant is {variant.card.confidence_gate:g} here, it was "
            f"{manifest.confidence_gate:g}: some verdicts may differ, the maps do not for that."
        )
    if not manifest.older_words and manifest.absence_gate != variant.card.absence_gate:
        told.append(
            "The gate below which the variant says that the source is not in view has changed: "
            "some verdicts may differ, the maps do not for that."
        )
    return told


def recorded(run: Again) -> Localization | None:
    """What the run found then, if it lies beside the manifest and belongs to it."""
    try:
        then = Localization.load(run.file.parent / MAPS_FILE)
    except MediaError:
        return None
    return then if sha256_of_array(then.maps) == run.manifest.maps_sha256 else None


def _older(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """As an avsl said them that had one word for every abstention."""
    return tuple(Verdict.UNSEEN if each.is_abstention else each for each in verdicts)


def compared(manifest: Manifest, found: Localization, then: Localization | None) -> Sameness:
    """Whether ``found`` is what the manifest's run found, and if not, by how much it differs from
    that, ``then``, where it is still there.
    """
    if sha256_of_array(found.maps) == manifest.maps_sha256:
        said = _older(found.verdicts) if manifest.older_words else found.verdicts
        same = sha256_of_words(said) == manifest.verdicts_sha256
        rest = "and the same verdicts" if same else "but other verdicts"
        return Sameness(same, f"The same maps as in the manifest, bit for bit, {rest}.")
    if then is None:
        by = f"by how much cannot be said without the {MAPS_FILE} of that run beside the manifest"
    elif then.maps.shape != found.maps.shape:
        by = f"their shape is {found.maps.shape}, not {then.maps.shape}"
    else:
        away = np.abs(found.maps.astype(np.float64) - then.maps)
        by = f"by {away.max():.2g} at most and {away.mean():.2g} on average, of 0 to 1"
    return Sameness(False, f"Not the same maps as in the manifest: {by}.")
