"""The command line: a thin shell on the library."""

import argparse
import json
import logging
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

from avsl import __version__, again, variants
from avsl.cli_arguments import Parser
from avsl.cli_bar import bar as _bar
from avsl.cli_batch import add_batch
from avsl.cli_settings import OUT, OUT_AGAIN, Settings, folders_of, recalled, typed
from avsl.cli_streams import print_any_name
from avsl.cli_studio import add_compare, add_probe, add_swap
from avsl.errors import AvslError, VariantError, unexpected
from avsl.export import FORMATS, Job, export
from avsl.localization import Localization, Verdict, summary
from avsl.localizer import Localizer
from avsl.media import read
from avsl.overlay import Look, Style
from avsl.variants import State, Variant

OK, SOME_FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code (0 fine, 1 a clip failed, 2 wrong usage)."""
    print_any_name()
    options = _parser().parse_args(arguments)
    if options.debug:
        logging.basicConfig()
        logging.getLogger("avsl").setLevel(logging.DEBUG)
    try:
        return options.run(options)
    except AvslError as error:
        print(f"avsl: {error}", file=sys.stderr)
        return USAGE
    except Exception as error:  # our own bug, or a library's
        print(f"avsl: {_told(error)}", file=sys.stderr)
        return SOME_FAILED
    except KeyboardInterrupt:
        print("avsl: stopped.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = Parser("avsl", description="Show where a sound comes from.")
    parser.add_argument("--version", action="version", version=f"avsl {__version__}")
    parser.add_argument("--debug", action="store_true", help="tell also where an error arose")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_run(commands.add_parser("run", help="localize the sound of clips"))
    add_batch(commands.add_parser("batch", help="localize a whole corpus into tables and maps"))
    _add_list(commands.add_parser("list", help="the variants and whether they are ready"))
    _add_convert(commands.add_parser("convert", help="make a variant's folder of released files"))
    add_compare(commands.add_parser("compare", help="several variants on one clip"))
    add_probe(
        commands.add_parser("probe", help="is a variant listening? the same with other sounds")
    )
    add_swap(commands.add_parser("swap", help="pictures with other sounds, or words: every pair"))
    _add_live_bench(commands.add_parser("live-bench", help="measure the Live tab under load"))
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("clips", nargs="*", type=Path, metavar="CLIP", help="videos; or images, with --sound")
    add("--manifest", type=Path, metavar="FILE",
        help="make the run of this manifest.json again; CLIP only if it has moved")  # fmt: skip
    add("--sound", type=Path, help="a sound file to use instead of the clip's own")
    add("--variant", metavar="V",
        help="name (see the list command), folder or Hub id (default: sync)")  # fmt: skip
    add("--revision", metavar="R", help="branch, tag or commit of a Hub id (default: main)")
    add("--out", type=Path, help=f"folder; a subfolder a clip (default: {OUT} or {OUT_AGAIN})")
    add("--fps", type=float, help="maps per second (default: the variant's)")
    add("--style", type=Look, choices=list(Look), help="default: heat")
    add("--threshold", type=float, help="map values from here up count (default: the variant's)")
    add("--opacity", type=float, help=f"0 to 1 (default: {Style.opacity})")
    add(
        "--guesses",
        action="store_true",
        help="outline also where a source may be that was not found, and list these guesses",
    )
    add("--formats", type=_formats, metavar="A,B",
        help=f"of {', '.join(FORMATS)}; default: all but frames")  # fmt: skip
    add("--int8", action="store_true", help="8-bit frame encoding on the processor (acl)")
    add("--untrained", action="store_true", help="random weights, to measure speed only (acl)")
    add("--json", action="store_true", help="one JSON object a clip on standard output")
    add("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=_run)


def _formats(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="JSON on standard output")
    parser.set_defaults(run=_list)


def _list(options: argparse.Namespace) -> int:
    rows = [
        {"name": card.name, "state": card.state, "title": card.title, "summary": card.summary,
         "limits": card.limits, "trained_on": card.trained_on, "licence": card.licence,
         "paper": card.paper,
         "download": card.download if card.state is State.NEEDS_DOWNLOAD else "",
         "commands": variants.commands(card.name)}
        for card in variants.cards()
    ]  # fmt: skip
    if options.json:
        print(json.dumps(rows, indent=1))
        return OK
    wide = 2 + max(10, *(len(row["name"]) for row in rows))
    for row in rows:
        print(f"{row['name']:<{wide}}{row['state']:<18}{row['title']}")
        print(f"{'':<{wide}}{row['summary']} {row['limits']}")
        if row["trained_on"]:
            print(f"{'':<{wide}}Trained on: {row['trained_on']}")
        if row["download"]:
            print(f"{'':<{wide}}{row['download']} run fetches it; by hand it takes:")
            print("".join(f"{'':<{wide + 2}}{command}\n" for command in row["commands"]), end="")
    return OK


def _add_convert(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--clipseg", type=Path, required=True, help="folder: config.json, model.safetensors")
    add("--beats", type=Path, required=True, help="BEATs' .pt file")
    add("--acl", type=Path, required=True, help="ACL's Param_best.pth")
    add("--out", type=Path, required=True, help="the folder to make; run takes it as --variant")
    parser.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> int:
    from avsl.checkpoint import convert_published, save_folder

    save_folder(convert_published(options.clipseg, options.beats, options.acl), options.out)
    print(f"{options.out}: ready; try python -m avsl run CLIP --variant {options.out}")
    return OK


def _add_live_bench(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("clip", type=Path, metavar="CLIP", help="a video with sound, replayed by every client")
    add("--variant", default="sync", metavar="V", help="name (default: %(default)s)")
    add("--sessions", type=int, default=1, metavar="K", help="clients at once (default: 1)")
    add("--seconds", type=float, default=10.0, metavar="S", help="default: %(default)g")
    add("--url", help="page of a running app (default: one is started for this and stopped)")
    add("--json", action="store_true", help="one JSON object on standard output")
    add("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=_live_bench)


def _live_bench(options: argparse.Namespace) -> int:
    from avsl.ui.live.bench import measure, table

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))  # so that the app is stopped
    with _bar("live-bench", options.quiet) as progress:
        report = measure(
            read(options.clip), options.variant, options.sessions, options.seconds, options.url,
            progress,
        )  # fmt: skip
    print(json.dumps(asdict(report)) if options.json else table(report))
    return SOME_FAILED if any(each.trouble for each in report.sessions) else OK


def _run(options: argparse.Namespace) -> int:
    settings, first = recalled(options) if options.manifest else (typed(options), None)
    then = first and again.recorded(first)  # read before anything is written
    variant = _variant(settings, options.quiet)
    notes = again.checked(first.manifest, variant) if first else ()
    localizer = Localizer(variant, settings.audible_dbfs)
    failed = 0
    for path, folder in zip(settings.clips, folders_of(settings), strict=True):
        try:
            report, found = _one(path, folder, localizer, settings, options.quiet)
            if first:
                same = again.compared(first.manifest, found, then)
                report = {**report, "notes": [*notes, *report["notes"]], "again": asdict(same)}
                failed += not same.same
        except Exception as error:  # whatever it is, it costs this clip alone
            failed += 1
            report = {"clip": str(path), "ok": False, "error": _told(error)}
        _say(report, options.json)
    return SOME_FAILED if failed else OK


def _told(error: Exception) -> str:
    """The sentence on an error; --debug shows where one arose that is no user's doing."""
    if isinstance(error, AvslError):
        return str(error)
    log.debug("", exc_info=error)
    return unexpected(error)


def _variant(settings: Settings, quiet: bool) -> Variant:
    """The variant to run, with a bar for what has to be downloaded."""
    if "untrained" in settings.mode:
        if settings.variant != "acl" or settings.revision:
            raise VariantError("Only acl can be run untrained, and it has no revisions.")
        from avsl.checkpoint import untrained

        variant = untrained()
    else:
        with _bar(f"loading {settings.variant}", quiet) as progress:
            variant = variants.load(settings.variant, progress, settings.revision)
    if "int8" not in settings.mode:
        return variant
    if not hasattr(variant, "in_int8"):
        raise VariantError(f"{settings.variant} has no int8 mode; leave --int8 out.")
    return variant.in_int8()


def _one(
    path: Path, folder: Path, localizer: Localizer, settings: Settings, quiet: bool
) -> tuple[dict, Localization]:
    started = time.perf_counter()
    with _bar(path.name, quiet) as progress:
        clip = read(path, sound=settings.sound)
        found = localizer.run(clip, settings.map_rate_hz, progress)
        job = Job(clip, found, settings.style, progress)
        written = export(job, folder, settings.formats)
    report = {
        "clip": str(path),
        "ok": True,
        "summary": summary(found),
        **_numbers(found),
        "seconds": round(time.perf_counter() - started, 2),
        "files": {name: str(file) for name, file in written.files.items()},
        "notes": [*found.notes, *written.notes],
    }
    return report, found


def _numbers(found: Localization) -> dict:
    return {
        "variant": found.provenance.variant,
        "duration_s": round(found.duration_s, 3),
        "maps": len(found.maps),
        "verdict_shares": {v.value: round(found.share(v), 3) for v in Verdict},
        "confidence_max": round(float(found.confidence.max()), 3),
        "confidence_gate": found.confidence_gate,
    }


def _say(report: dict, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report), flush=True)
    elif not report["ok"]:
        print(f"{report['clip']}: {report['error']}", file=sys.stderr)
    else:
        print(f"{report['clip']}: {report['summary']}")
        for note in report["notes"]:
            print(f"  note: {note}")
        for file in report["files"].values():
            print(f"  {file}")
        if "again" in report:
            print(report["again"]["words"])
