"""Every sentence of the timelines under the result videos."""

from avsl.localization import Verdict

POSITION = "Position in the video"
HINT = (
    "Press anywhere on the timeline, or use the arrow keys, to go there in the video; the space "
    "bar plays and stops it."
)
CONTENT = "The timeline shows {}, over the seconds of the clip."
WAVEFORM = "Waveform"
LOUDNESS = "Loudness"
VERDICT = "Verdict"
CAPTIONS = "Captions"
IOU = "IoU"

SAID = {  # of a variant
    Verdict.SOUNDING: "sounding",
    Verdict.NOT_FOUND: "source not found",
    Verdict.UNSEEN: "off screen",
    Verdict.SILENT: "nothing audible",
}
MARKED = {  # while a variant is tested: then its confidence alone decides, even in silence
    Verdict.SOUNDING: "marked",
    Verdict.NOT_FOUND: "nothing marked",
    Verdict.UNSEEN: "said to be out of view",
}


def gate(value: float) -> str:
    """What a lane of confidence and its dotted line are."""
    return f"confidence, gate {value:.2f}"


def audible_from(value: float) -> str:
    """What the dotted line in the lane of loudness is."""
    return f"audible from {value:.0f} dBFS"


def content(names: list[str], curves: str) -> str:
    """What is drawn, for those who do not see it."""
    of = f" of {', '.join(names)}" if any(names) else ""
    drawn = ["waveform", "loudness", f"confidence{of}", f"verdict{of}", *filter(None, [curves])]
    return CONTENT.format(", ".join(drawn[:-1]) + " and " + drawn[-1])
