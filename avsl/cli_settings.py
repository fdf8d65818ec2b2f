"""What ``run`` is to do: from the command line's options, or from a manifest and those."""

import argparse
import itertools
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avsl import again
from avsl.audio import AUDIBLE_DBFS
from avsl.cli_arguments import expanded
from avsl.errors import SettingError
from avsl.export import DEFAULT_FORMATS
from avsl.overlay import Look, Style

OUT, OUT_AGAIN = Path("avsl-out"), Path("avsl-again")


@dataclass(frozen=True)
class Settings:
    """A run over clips, each into a folder below ``out``."""

    clips: tuple[Path, ...]
    sound: Path | None  # instead of the clips' own
    out: Path
    variant: str
    revision: str | None
    mode: str  # of the variant: "", "int8", "untrained", or both with a space between
    style: Style
    formats: tuple[str, ...]
    map_rate_hz: float | None = None  # None: the variant's
    audible_dbfs: float = AUDIBLE_DBFS


def typed(options: argparse.Namespace) -> Settings:
    """What the options alone ask for."""
    if not options.clips:
        raise SettingError("Name a CLIP to run, or a run to make again with --manifest FILE.")
    clips = expanded(options.clips)
    opacity = Style.opacity if options.opacity is None else options.opacity
    return Settings(
        clips=tuple(clips),
        sound=options.sound,
        out=options.out or OUT,
        variant=options.variant or "sync",
        revision=options.revision,
        mode=_mode(options),
        style=Style(
            options.style or Look.HEAT, options.threshold, opacity, guesses=options.guesses
        ),
        formats=options.formats or DEFAULT_FORMATS,
        map_rate_hz=options.fps,
    )


def _mode(options: argparse.Namespace) -> str:
    return " ".join(mode for mode in ("untrained", "int8") if getattr(options, mode))


def recalled(options: argparse.Namespace) -> tuple[Settings, again.Again]:
    """The manifest's run. Options may say where its files are and what is to be written; they may
    repeat what it says, and :class:`SettingError` is raised where they contradict it.
    """
    if len(options.clips) > 1:
        raise SettingError("A manifest is of one clip: name that one, or none.")
    run = again.again(options.manifest, next(iter(options.clips), None), options.sound)
    made = run.manifest
    name = again.variant_name(made, options.variant)
    _agree(options, run, name)
    out = options.out or OUT_AGAIN
    if folder_of(run.clip, out).resolve() == run.file.parent.resolve():
        raise SettingError(
            f"The files of the first run lie in {run.file.parent} and would be overwritten. "
            "Choose another folder with --out."
        )
    settings = Settings(
        clips=(run.clip,),
        sound=run.sound,
        out=out,
        variant=name,
        revision=again.revision(made, name),
        mode=made.mode,
        style=made.style,
        formats=options.formats or made.formats,
        map_rate_hz=made.map_rate_hz,
        audible_dbfs=made.audible_dbfs,
    )
    return settings, run


def folder_of(clip: Path, out: Path) -> Path:
    """Where the files of a clip go."""
    return out / (clip.stem if clip.stem.strip(".") else clip.name)


def folders_of(settings: Settings) -> list[Path]:
    """One for each clip, no two alike on any file system: further ones of a name are numbered."""
    plain = [folder_of(clip, settings.out) for clip in settings.clips]
    first = {_alike(folder.name): index for index, folder in reversed([*enumerate(plain)])}
    taken, folders = set(first), []
    for index, folder in enumerate(plain):
        if first[_alike(folder.name)] != index:
            numbered = (folder.with_name(f"{folder.name}-{count}") for count in itertools.count(2))
            folder = next(each for each in numbered if _alike(each.name) not in taken)
            taken.add(_alike(folder.name))
        folders.append(folder)
    return folders


def _alike(name: str) -> str:
    """The same for names that some file system takes for one: it may know no case, normalize
    Unicode, and drop dots and spaces from the end.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold()).rstrip(". ")


def _agree(options: argparse.Namespace, run: again.Again, name: str) -> None:
    made = run.manifest
    names = {name, made.variant, f"{made.variant}@{made.revision}"}
    said: list[tuple[str, Any, set[Any]]] = [
        ("--variant", options.variant, names),
        ("--revision", options.revision, {made.revision}),
        ("--fps", options.fps, {made.map_rate_hz}),
        ("--style", options.style, {Look(made.style.look)}),
        ("--threshold", options.threshold, {made.style.threshold}),
        ("--opacity", options.opacity, {made.style.opacity}),
        ("--guesses", options.guesses or None, {made.style.guesses}),
        ("--int8", options.int8 or None, {made.mode == "int8"}),
        ("--untrained", options.untrained or None, {made.mode == "untrained"}),
    ]
    for option, value, allowed in said:
        if value is not None and value not in allowed:
            raise SettingError(_contradiction(option, value, made, option.strip("-")))


def _contradiction(option: str, value: Any, made: again.Manifest, what: str) -> str:
    recorded = {
        "variant": made.variant, "revision": made.revision or "none", "fps": made.map_rate_hz,
        "style": made.style.look, "threshold": made.style.threshold, "opacity": made.style.opacity,
    }  # fmt: skip
    given = option if value is True else f"{option} {value}"
    says = f", which says {recorded[what]}" if what in recorded else ", whose run was without it"
    return (
        f"{given} contradicts the manifest{says}. Leave it out to make the run again, or leave "
        "out --manifest."
    )
