"""What is heard and where, as captions of the clip: "dog, lower left".

>>> found = avsl.Localizer("acl-tiny").run(avsl.read("clip.mp4"))
>>> webvtt(captions(found))
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from avsl.localization import Localization, Verdict, edges_s

NOT_FOUND, OFF_SCREEN = "source not found", "off screen"
LEAST_S = 5 / 6  # of a cue, as subtitlers have it; less cannot be read


@dataclass(frozen=True)
class Stretch:
    """A run of moments of which the same is said, end exclusive; stretches tile the clip."""

    start_s: float
    end_s: float
    verdict: Verdict
    heard: str  # its name; "" where nothing is audible or what is heard has no name
    where: str  # of the strongest region; "" where nothing is shown


@dataclass(frozen=True)
class Cue:
    """Words to be read while a part of the clip plays."""

    start_s: float
    end_s: float
    text: str


def stretches(localization: Localization, threshold: float | None = None) -> list[Stretch]:
    """The clip in stretches from 0 to its end, changing where moments do.

    ``threshold`` for the regions, in (0, 1); None: the variant's own. Raises
    :class:`avsl.errors.SettingError` for any other.
    """
    edges = edges_s(localization)
    runs: list[Stretch] = []
    for index in range(len(localization.times_s)):
        own = _moment(localization, index, threshold)
        own = replace(own, start_s=float(edges[index]), end_s=float(edges[index + 1]))
        if runs and _same(runs[-1], own):
            own = replace(own, start_s=runs.pop().start_s)
        runs.append(own)
    return runs


def _moment(found: Localization, index: int, threshold: float | None) -> Stretch:
    verdict = found.verdicts[index]
    heard = found.labels[index] if found.labels and verdict is not Verdict.SILENT else ""
    places = found.regions(index, threshold)
    return Stretch(0.0, 0.0, verdict, heard, places[0].where if places else "")


def _same(one: Stretch, other: Stretch) -> bool:
    return (one.verdict, one.heard, one.where) == (other.verdict, other.heard, other.where)


def captions(localization: Localization, threshold: float | None = None) -> list[Cue]:
    """What is heard, and where it is or that it was not found, while anything is audible.

    A cue lasts long enough to be read, unless its verdict holds for less: what flickers between
    two places is said to be where it is longer, but nothing is said over a moment of another
    verdict. ``threshold`` as for :func:`stretches`.
    """
    cues: list[Cue] = []
    for verdict, run in groupby(stretches(localization, threshold), lambda each: each.verdict):
        if verdict is not Verdict.SILENT:
            cues += _joined([_most(group) for group in _readable(list(run))])
    return cues


def _readable(run: list[Stretch]) -> list[list[Stretch]]:
    """Adjoining stretches in groups that are long enough to be read, if all together are."""
    groups: list[list[Stretch]] = [[]]
    for each in run:
        if _length_s(groups[-1]) >= LEAST_S:
            groups.append([])
        groups[-1].append(each)
    if len(groups) > 1 and _length_s(groups[-1]) < LEAST_S:
        last = groups.pop()
        groups[-1] += last
    return groups


def _length_s(group: list[Stretch]) -> float:
    return group[-1].end_s - group[0].start_s if group else 0.0


def _most(group: list[Stretch]) -> Cue:
    """What is said for the longest time, for all of it."""
    lasts_s: Counter[str] = Counter()
    for each in group:
        lasts_s[words(each)] += each.end_s - each.start_s
    text = max(lasts_s, key=lasts_s.__getitem__)
    return Cue(group[0].start_s, group[-1].end_s, text)


def _joined(cues: list[Cue]) -> list[Cue]:
    """Equal neighbours as one."""
    return [
        Cue(same[0].start_s, same[-1].end_s, text)
        for text, same in ((text, list(run)) for text, run in groupby(cues, lambda cue: cue.text))
    ]


def words(stretch: Stretch) -> str:
    """What a caption says of an audible stretch."""
    unshown = {Verdict.NOT_FOUND: NOT_FOUND, Verdict.UNSEEN: OFF_SCREEN}
    where = unshown.get(stretch.verdict, stretch.where)
    return ", ".join(filter(None, (stretch.heard or "sound", where)))


def webvtt(cues: Sequence[Cue]) -> str:
    """``cues`` as the text of a WebVTT file, to be encoded as UTF-8."""
    return "WEBVTT\n" + "".join(
        f"\n{_clock(cue.start_s)} --> {_clock(cue.end_s)}\n{_escaped(cue.text)}\n" for cue in cues
    )


def _escaped(text: str) -> str:
    """On one line, since an empty one would end the cue, and without anything like a tag."""
    line = " ".join(text.split())
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(time_s: float) -> str:
    minutes, milliseconds = divmod(round(time_s * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{milliseconds / 1000:06.3f}"
