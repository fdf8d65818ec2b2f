"""Every sentence the user reads in the app, in one place."""

from avsl.settings import Limits

NAME = "avsl"
TITLE = "avsl: where does the sound come from?"
TAGLINE = "Where does the sound come from?"
INTRO = (
    "Give it a video and it marks, moment by moment, where in the picture the sound is made, "
    "or says that nothing is audible or that the source is not in view. "
    "Everything stays on the machine that runs this page."
)

TAB_LOCALIZE = "Localize"
TAB_VIDEO = "A video"
TAB_PICTURE = "A picture and a sound"

VIDEO = "Video"
OTHER_SOUND = "Use another sound"
OTHER_SOUND_HINT = "It replaces the clip's own sound: upload a file or speak into the microphone."
SOUND = "Sound"
PICTURE = "Picture"
MIRROR = "Recordings keep their sound and are not mirrored."

EXAMPLES = "Or try one of these, made by this project"
VARIANT = "Variant"
RUN = "Find the source"
CANCEL = "Stop"

EMPTY_TITLE = "The result appears here"
EMPTY = (
    "Choose a video with sound, record one, or press an example. You get the video back with "
    "the source marked, a verdict for every moment, and files to take home."
)
NO_PREVIEW = "This browser cannot preview the file. That need not stop it from being run."
WORKING_TITLE = "Working"
WORKING = "First the verdict, then the video with the source marked."
DRAWING = "The verdict is in; the video is being drawn."
STOPPED_TITLE = "Stopped"
PROBLEM_TITLE = "This did not work"
NO_VIDEO = "There is no video yet. Upload or record one, or press an example."
NO_PICTURE = "There is no picture yet. Upload one."
NO_SOUND = "There is no sound yet. Upload one or speak into the microphone."
UNEXPECTED = (
    "Something unexpected went wrong, and it is not your doing. Your clip is still here: try "
    "again, or try another one. The details are in the log of the machine that runs this page."
)
BUSY = "Too many people are waiting just now. Try again in a minute."
GONE = "This result is no longer kept. Run the clip again."
NO_RESULT = "There is no result yet. Run a clip first."

RESULT_VIDEO = "The video with the source marked"
TIMELINE_ALT = (
    "Waveform, loudness in dBFS, confidence with its gate, and the verdict, over the seconds "
    "of the clip."
)
NOTES = "What was done to the clip"
PROVENANCE = "How this was made"

INSPECT = "Moment by moment"
MOMENT = "Moment (seconds)"
STYLE = "Style"
THRESHOLD = "Threshold"
THRESHOLD_HINT = "Map values from here up count as the source."
OPACITY = "Opacity"
REDRAW = "Redraw the video"
REDRAW_HINT = "The picture follows at once; the video when you ask. Nothing is run again."

TAKE_HOME_HINT = (
    "To take home: the video as drawn, timeline, raw maps, a mask per moment, COCO regions, "
    "table, captions and how it was made, as one zip and one by one."
)
BUNDLE = "Prepare the files"
FILES = "Files"

STAGE_READING = "reading the clip"
STAGE_DRAWING = "drawing the video"
STAGE_PACKING = "packing the files"
STAGE_LOADING = "loading the variant"
STAGE_LENT = "waiting, the variant is at work for someone else"


def waiting(ahead: int) -> str:
    """How many jobs are before this one."""
    return "waiting, next in line" if ahead == 1 else f"waiting, {ahead} ahead"


def limits(limits: Limits) -> str:
    """What is accepted, for the line under the upload box."""
    minutes = limits.max_duration_s / 60
    return (
        f"Up to {minutes:g} minutes and {size(limits.max_file_bytes)}, most formats. "
        "Deleted after an hour, results when you leave."
    )


def size(count: int) -> str:
    """Bytes as a person says them."""
    return f"{count / 1e9:g} GB" if count >= 1e9 else f"{count / 1e6:g} MB"


def brief(text: str) -> str:
    """What went wrong without what to do about it: the first sentence."""
    first, stop, _ = text.partition(". ")
    return first + stop.strip()


def calibrated(threshold: float) -> str:
    """The threshold's hint once a variant's own is known."""
    return f"{THRESHOLD_HINT} {threshold:.2f} is this variant's calibrated one."


def no_such_variant(name: str, names: list[str]) -> str:
    return f"There is no variant called {name!r}. Choose one of: {', '.join(names)}."


def licence(text: str) -> str:
    """A variant's licence, for its card."""
    return f"Licence: {text}."


def moment_words(verdict: str, heard: str, places: list[str], time_s: float) -> str:
    """One moment as a sentence, also the picture's text for those who do not see it.

    ``heard`` is empty where the variant names no sounds.
    """
    if verdict != "sounding here":
        return f"At {time_s:.1f} s: {verdict}."
    where = " and ".join(places) if places else "no region over the threshold"
    return f"At {time_s:.1f} s: {', '.join(filter(None, (verdict, heard, where)))}."


API_LOCALIZE = "Localize the sound of a clip, or of a picture with a sound."
API_INSPECT = "Draw one moment of a result from its cached map."
API_REDRAW = "Draw a result's video again in another style, without running the variant."
API_BUNDLE = "Every file of a result in one zip."
API_VARIANTS = "The variants and whether they are ready on this machine."
