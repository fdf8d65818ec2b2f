"""A timeline as HTML: lanes above each other, one playhead over all of them, ticks, a legend."""

import json
from html import escape

from avsl.audio import AUDIBLE_DBFS
from avsl.localization import Verdict
from avsl.overlay import VERDICT_RGB
from avsl.ui.timeline import copy, lanes
from avsl.ui.timeline.score import Score, Track, facts

STEPS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300)  # between ticks
MOST_TICKS = 7  # for which a phone has room


def timeline(score: Score) -> str:
    """All of it; the page's script moves the playhead."""
    told = facts(score)
    packed = json.dumps(told, separators=(",", ":"))
    hint = f"{score.player}-hint"
    return (
        f'<section class="avsl-clock" data-score="{escape(packed)}">'
        f"{_slider(score, told, hint)}{_ticks(score.clip.duration_s)}"
        f'<div class="foot">{_key(score)}{_captions(score)}</div>'
        f'<p class="avsl-hint" id="{hint}">{escape(copy.HINT)}<span> {escape(_content(score))}'
        "</span></p></section>"
    )


def _slider(score: Score, told: dict, hint: str) -> str:
    duration_s = score.clip.duration_s
    start = ", ".join(("0:00", *(_told_at_start(track) for track in told["tracks"])))
    return (
        f'<div class="plot" data-part="plot" role="slider" tabindex="0" '
        f'aria-label="{escape(copy.POSITION)}" aria-describedby="{hint}" aria-valuemin="0" '
        f'aria-valuemax="{duration_s:.2f}" aria-valuenow="0" aria-valuetext="{escape(start)}">'
        f"{_sound(score)}{''.join(_tracks(score))}{_curves(score)}"
        '<div class="playhead" data-part="playhead"><i></i></div></div>'
    )


def _told_at_start(track: dict) -> str:
    first = track["words"][track["changes"][0][1]]
    return f"{track['name']}: {first}" if track["name"] else first


def _sound(score: Score) -> str:
    """The two lanes of what the video plays."""
    clip = score.clip
    audible_dbfs = max(clip.provenance.audible_dbfs, AUDIBLE_DBFS)  # lower where the rule is off
    return _lane(
        "sound", _head(copy.WAVEFORM), lanes.waveform(score.waveform, clip.duration_s)
    ) + _lane(
        "level",
        _head(copy.LOUDNESS, copy.audible_from(audible_dbfs)),
        lanes.loudness(clip, audible_dbfs),
    )


def _tracks(score: Score) -> list[str]:
    """For each track its words, its confidence, its verdicts and the names of its sounds."""
    founds = [track.found for track in score.tracks]
    tops = {  # those of one variant are drawn to one scale
        found.provenance.variant: lanes.top_of(
            [other for other in founds if other.provenance.variant == found.provenance.variant]
        )
        for found in founds
    }
    return [_track(track, tops[track.found.provenance.variant]) for track in score.tracks]


def _track(track: Track, top: float) -> str:
    found, runs = track.found, track.stretches()
    head = _head(track.name or copy.VERDICT, copy.gate(found.confidence_gate), track.words(runs[0]))
    named = "".join(
        f'<span style="left:{100 * start:.2f}%;width:{100 * length:.2f}%">{escape(name)}</span>'
        for start, length, name in lanes.labels(runs, found.duration_s)
    )
    kind = "confidence many" if track.name else "confidence"
    return (
        _lane(kind, head, lanes.confidence(found, top))
        + _lane("verdict", "", lanes.verdicts(found))
        + (f'<div class="lane names">{named}</div>' if named else "")
    )


def _curves(score: Score) -> str:
    if not score.curves:
        return ""
    duration_s = score.clip.duration_s
    paths = [
        lanes.curve(each.times_s, each.values, duration_s, number)
        for number, each in enumerate(score.curves)
    ]
    return _lane("curves", _head(score.curves_title), lanes.curves(paths))


def _lane(kind: str, head: str, drawing: str) -> str:
    return f'<div class="lane {kind}">{head}{drawing}</div>'


def _head(title: str, note: str = "", words: str | None = None) -> str:
    """The line above a lane; ``words`` change with the playhead."""
    said = "" if words is None else f'<span data-part="said">{escape(words)}</span>'
    return f"<p><b>{escape(title)}</b>{said}<small>{escape(note)}</small></p>"


def _ticks(duration_s: float) -> str:
    fitting = [step_s for step_s in STEPS_S if duration_s / step_s <= MOST_TICKS]
    step_s = fitting[0] if fitting else duration_s / MOST_TICKS
    times_s = [step_s * index for index in range(int(duration_s / step_s) + 1)]
    each = "".join(
        f'<span style="left:{100 * time_s / duration_s:.2f}%">{clock(time_s)}</span>'
        for time_s in times_s
    )
    return f'<div class="ticks" aria-hidden="true">{each}</div>'


def clock(time_s: float) -> str:
    """Minutes and seconds, with tenths where there are some: "0:03", "0:00.5"."""
    minutes, seconds = divmod(time_s, 60)
    tenths = f"{seconds:04.1f}".removesuffix(".0")
    return f"{minutes:.0f}:{tenths if '.' in tenths else f'{seconds:02.0f}'}"


def _key(score: Score) -> str:
    """What every bar and line is, in words; what few variants know only where it is said."""
    is_unseen = any(track.found.share(Verdict.UNSEEN) for track in score.tracks)
    bars = [
        f"<li>{lanes.swatch(verdict)}{escape(words)}</li>"
        for verdict, words in score.tracks[0].said.items()
        if verdict is not Verdict.UNSEEN or is_unseen
    ]
    lines = [
        f'<li class="of-curve">{lanes.curve_swatch(number)}{escape(each.name)}</li>'
        for number, each in enumerate(score.curves)
    ]
    return f"<ul>{''.join(bars + lines)}</ul>"


def _captions(score: Score) -> str:
    if not score.captions:
        return ""
    return (
        '<button type="button" data-part="captions" aria-pressed="true">'
        f"{escape(copy.CAPTIONS)}</button>"
    )


def _content(score: Score) -> str:
    return copy.content([track.name for track in score.tracks], score.curves_title)


def verdict_colours() -> str:
    """The bars in the colours of the library."""
    return "".join(
        f".avsl-clock .{lanes.NAMES[verdict]} {{ fill: rgb({red},{green},{blue}); }}\n"
        for verdict, (red, green, blue) in VERDICT_RGB.items()
    )
