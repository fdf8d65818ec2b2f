"""Small pieces of the page as HTML: every word in them is escaped, every colour has a word."""

import base64
from collections.abc import Sequence
from html import escape

from avsl.localization import Localization, Provenance, Verdict, summary
from avsl.overlay import VERDICT_RGB
from avsl.ui import copy
from avsl.variants import State, VariantCard

COMMAND = " hf download "  # how a sentence's last part begins where it is for the shell


def head() -> str:
    return f"<header><h1>{escape(copy.TAGLINE)}</h1><p>{escape(copy.INTRO)}</p></header>"


def message(title: str, text: str, kind: str = "calm") -> str:
    """A titled sentence that stays on the page; ``kind`` is calm, busy or problem.

    A command at its end gets a line of its own, where one click selects it.
    """
    role = "alert" if kind == "problem" else "status"
    words, found, command = text.partition(COMMAND)
    line = f"<code>{escape(found.lstrip() + command)}</code>" if found else ""
    return (
        f'<div class="avsl-message {kind}" role="{role}">'
        f"<h2>{escape(title)}</h2><p>{escape(words)}{line}</p></div>"
    )


def hint(text: str) -> str:
    return f'<p class="avsl-hint">{escape(text)}</p>'


def heading(text: str) -> str:
    return f'<h2 class="avsl-heading">{escape(text)}</h2>'


def verdict(found: Localization) -> str:
    """The whole clip in words, with the share of every verdict."""
    shares = "".join(
        f"<li>{dot(each)}{escape(each.value)} <b>{_seconds(found, each)}</b></li>"
        for each in Verdict
        if found.share(each) > 0
    )
    return (
        f'<div class="avsl-verdict" role="status"><h2>{escape(summary(found))}</h2>'
        f"<ul>{shares}</ul></div>"
    )


def _seconds(found: Localization, verdict: Verdict) -> str:
    return f"{found.share(verdict) * found.duration_s:.1f} s"


def dot(verdict: Verdict) -> str:
    """A verdict's colour, to stand before its words."""
    red, green, blue = VERDICT_RGB[verdict]
    return f'<span class="dot" style="background:rgb({red},{green},{blue})"></span>'


def notes(notes: tuple[str, ...]) -> str:
    """What was done to the clip; empty if nothing was."""
    if not notes:
        return ""
    lines = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<div class="avsl-notes"><h3>{escape(copy.NOTES)}</h3><ul>{lines}</ul></div>'


def picture(jpeg: bytes, text: str) -> str:
    """The inspected frame; ``text`` is read out to those who do not see it."""
    return f'<img class="avsl-picture" src="{data_url(jpeg, "jpeg")}" alt="{escape(text)}">'


def moment(found: Localization, index: int, threshold: float, guessed: Sequence[str] = ()) -> str:
    """One moment's verdict and numbers; ``guessed`` are the places of a guess."""
    places = [region.where for region in found.regions(index, threshold)]
    time_s, this = float(found.times_s[index]), found.verdicts[index]
    heard = {"heard": found.heard(index)} if found.labels and this is not Verdict.SILENT else {}
    rows = heard | {
        "where": ", ".join(dict.fromkeys(places)) or "no region",
        **({"weak guess": ", ".join(guessed)} if guessed else {}),
        "confidence": f"{found.confidence[index]:.2f} (gate {found.confidence_gate:.2f})",
        "loudness": f"{found.loudness_dbfs[index]:.0f} dBFS",
    }
    return (
        f'<div class="avsl-moment"><p>{dot(this)}<b>{escape(this.value)}</b> '
        f"at {time_s:.1f} s</p>{_definitions(rows)}</div>"
    )


def provenance(found: Localization, card: VariantCard) -> str:
    """What the numbers rest on, in one strip."""
    made = found.provenance
    rows = {
        "variant": card.title,
        "avsl": made.avsl_version,
        **({"weights": _weights(made)} if made.weights_sha256 else {}),
        "threshold": _ruled(found.threshold, card.threshold_rule),
        "gate": _ruled(found.confidence_gate, card.confidence_rule),
        "maps": f"{len(found.maps)}, {made.map_rate_hz:g} a second",
        "time": f"{made.seconds:.1f} s on {made.device}",
        "licence": card.licence,
    }
    return (
        f'<div class="avsl-provenance"><h3>{escape(copy.PROVENANCE)}</h3>{_definitions(rows)}</div>'
    )


def _weights(made: Provenance) -> str:
    revision = f"revision {made.revision[:12]}, " if made.revision else ""
    return f"{revision}sha256 {made.weights_sha256[:12]}"


def _ruled(number: float, rule: str) -> str:
    return f"{number:.2f}. {rule}" if rule else f"{number:.2f}"


def card(card: VariantCard) -> str:
    """A variant's state, what it is good for, what it cannot do, its data and its licence."""
    kind = card.state.name.lower()
    missing = card.download if card.state is State.NEEDS_DOWNLOAD else ""
    data = [copy.trained_on(card.trained_on)] if card.trained_on else []
    lines = (
        card.summary,
        card.limits,
        *data,
        copy.licence(card.licence),
        *filter(None, [card.note]),
    )
    return (
        f'<div class="avsl-card"><p><span class="state {kind}">{escape(card.state.value)}</span> '
        f"{escape(missing)}</p>{''.join(f'<p>{escape(line)}</p>' for line in lines)}</div>"
    )


def _definitions(rows: dict[str, str]) -> str:
    return "<dl>" + "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in rows.items()
    ) + "</dl>"  # fmt: skip


def data_url(content: bytes, kind: str) -> str:
    """A picture as the address of itself."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
