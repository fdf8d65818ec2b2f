"""The listening score, its parts and its yardstick as HTML: every word in them is escaped."""

from html import escape

from avsl.listening import Played
from avsl.ui.studio import copy
from avsl.ui.studio.trial import Trial
from avsl.ui.studio.views import figures, sound_picture, table
from avsl.ui.studio.yardstick import Mark, Yardstick
from avsl.ui.views import hint

COUNTED = (Played.OTHER, Played.SILENCE)  # in the score


def score(trial: Trial) -> str:
    """The number, what it says of the variant, and what it is."""
    told = trial.told
    number, meter, under = copy.NO_SCORE, "", ""
    if told.score is not None:
        number = f"{told.score:.2f}"
        meter = bar(told.score)
        under = copy.moments_counted(told.moments)
    return (
        f'<div class="avsl-score" role="status"><div><h3>{escape(copy.SCORE)}</h3>'
        f"<p class=number>{escape(number)}</p>{meter}<small>{escape(under)}</small></div>"
        f"<div><h2>{escape(told.sentence)}</h2>{hint(copy.DEFINITION)}</div></div>"
    )


def bar(share: float) -> str:
    """A share in [0, 1] as a length; the number stands beside it."""
    return f'<span class="bar" aria-hidden="true"><i style="width:{share:.1%}"></i></span>'


def parts(trial: Trial) -> str:
    """What became of the map with each sound; empty where there is no score."""
    rows = [
        (
            played.value,
            _share(reaction.moved),
            _share(reaction.emptied),
            copy.COUNTED if played in COUNTED else copy.NOT_COUNTED,
        )
        for played, reaction in trial.reactions.items()
    ]
    if not rows:
        return ""
    return table(copy.PARTS, copy.PARTS_COLUMNS, rows, raw=True) + hint(copy.PARTS_HINT)


def _share(share: float) -> str:
    return f"{bar(share)}<b>{share:.0%}</b>"


def yardstick(known: Yardstick, trial: Trial | None = None) -> str:
    """Every variant that ships, and among them the clip at hand."""
    here = [] if trial is None or trial.told.score is None else [_here(trial)]
    rows = [*here, *(_marked(mark, known) for mark in known.marks)]
    words = hint(copy.yardstick_words(known.films, known.seconds))
    return table(copy.YARDSTICK, copy.YARDSTICK_COLUMNS, rows, raw=True) + words


def _here(trial: Trial) -> tuple[str, str, str]:
    name = f"{trial.card.name}, {copy.HERE}"
    return name, f"{bar(trial.told.score)}<b>{trial.told.score:.2f}</b>", escape(trial.clip.name)


def _marked(mark: Mark, known: Yardstick) -> tuple[str, str, str]:
    number = copy.UNDEFINED if mark.score is None else f"{mark.score:.2f}"
    name = f"{mark.name} ({copy.DEAF})" if mark.deaf else mark.name
    counted = copy.counted(mark.films, known.films)
    return name, f"{bar(mark.score or 0.0)}<b>{number}</b>", escape(counted)


def moment(trial: Trial, time_s: float) -> str:
    """One moment with every sound, side by side."""
    index, jpegs = trial.moment(time_s)
    pictures = [
        sound_picture(panel.title, panel.found, index, jpeg)
        for panel, jpeg in zip(trial.panels, jpegs, strict=True)
    ]
    return figures(pictures, many=True)
