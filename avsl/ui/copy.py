"""Every sentence the user reads in the app, in one place."""

from collections.abc import Sequence

from avsl.settings import Limits

NAME = "avsl"
TITLE = "avsl: where does the sound come from?"
TAGLINE = "Where does the sound come from?"
INTRO = (
    "Give it a video and it marks, moment by moment, where in the picture the sound is made, "
    "or says that nothing is audible or that the source was not found. "
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
OTHER_VARIANT = "Another variant"
OTHER_NAME = "Hub id or folder"
OTHER_NAME_EXAMPLE = "user/name or user/name@revision"
OTHER_HINT = (
    "A trained variant on the Hugging Face Hub, by its id, or in a folder of the machine that runs "
    "this page. It is downloaded if need be, and stays in the list above until you leave."
)
LOAD = "Load"
LOADING = "The variant is fetched and loaded; then it can be chosen."
NO_NAME = "Type the Hub id of a variant, as user/name, or a folder."
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
OVERTAKEN = "Stopped, since another run was started in another tab. Nothing was kept of this one."
NO_RESULT = "There is no result yet. Run a clip first."

RESULT_VIDEO = "The video with the source marked"
NOTES = "What was done to the clip"
PROVENANCE = "How this was made"

INSPECT = "Moment by moment"
MOMENT = "Moment (seconds)"
STYLE = "Style"
THRESHOLD = "Threshold"
THRESHOLD_HINT = "Map values from here up count as the source."
OPACITY = "Opacity"
GUESSES = "Show weak guesses"
GUESSES_HINT = (
    "Where a source may be that was not found: a dashed line with the word guess. Often wrong."
)
REDRAW = "Redraw the video"
REDRAW_HINT = "The picture follows at once; the video when you ask. Nothing is run again."

TAKE_HOME_HINT = (
    "To take home: the video as drawn, a picture to share, timeline, raw maps, masks, COCO "
    "regions, table, captions, and the manifest that makes the run again; in one zip, and singly."
)
BUNDLE = "Prepare the files"
FILES = "Files"

STAGE_READING = "reading the clip"
STAGE_DRAWING = "drawing the video"
STAGE_PACKING = "packing the files"
STAGE_LOADING = "loading the variant"
STAGE_LENT = "waiting, the variant is at work for someone else"


def waiting(ahead: int) -> str:
    """Where in the queue a job is; position 1 is the next to be worked on."""
    return f"waiting, position {ahead} in the queue"


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
    return (
        f"There is no variant called {name!r}. Choose one of: {', '.join(names)}; or a Hub id "
        "(user/name). Folders can be opened only on the machine that runs this page."
    )


def not_allowed(name: str, names: list[str]) -> str:
    """On a public page, which loads chosen variants only."""
    return (
        f"{name!r} is not among the variants that this public page loads: {', '.join(names)}. "
        "Run avsl on your own machine to load any other."
    )


def allowed_only(names: list[str]) -> str:
    """The hint where a public page limits what can be loaded."""
    if not names:
        return "This page is public and loads no others. avsl on your own machine loads any."
    return (
        f"This page is public and loads only these besides: {', '.join(names)}. avsl on your own "
        "machine loads any, and folders too."
    )


def licence(text: str) -> str:
    """A variant's licence, for its card."""
    return f"Licence: {text}."


def trained_on(text: str) -> str:
    """What a variant learned from, for its card."""
    return f"Trained on: {text}"


def moment_words(
    verdict: str, heard: str, places: list[str], time_s: float, guessed: Sequence[str] = ()
) -> str:
    """One moment as a sentence, also the picture's text for those who do not see it.

    ``heard`` is empty where the variant names no sounds; ``guessed`` are the places of a guess.
    """
    if verdict != "sounding here":
        guess = f" A weak guess: {' and '.join(guessed)}." if guessed else ""
        return f"At {time_s:.1f} s: {verdict}.{guess}"
    where = " and ".join(places) if places else "no region over the threshold"
    return f"At {time_s:.1f} s: {', '.join(filter(None, (verdict, heard, where)))}."


API_LOCALIZE = "Localize the sound of a clip, or of a picture with a sound."
API_INSPECT = "Draw one moment of a result from its cached map."
API_REDRAW = "Draw a result's video again in another style, without running the variant."
API_BUNDLE = "Every file of a result in one zip."
API_VARIANTS = "The variants and whether they are ready on this machine."

TAB_BENCHMARK = "Benchmark"
BENCHMARK = "How well does each variant find the source?"
BENCHMARK_INTRO = (
    "Variants and trivial baselines on sets whose truth is known, by the protocols "
    "of the papers, each under its own name. Figures of different protocols cannot be compared. "
    "Point at a figure to read how it was made; press it to see its best and worst cases."
)
SET = "Set"
ALL_SETS = "All sets"
PROTOCOL = "Protocol"
METRIC = "Metric"
OPEN_RESULTS = "Open other results"
CLOSE_RESULTS = "Back to avsl's own results"
BENCHMARK_COMMAND = "python -m train.evaluate --set world/single --json FILE"
NO_RESULTS_TITLE = "There are no results here yet"
NO_RESULTS = "This command makes some; then open FILE with the button on this page."
RESULTS_PROBLEM_TITLE = "This file cannot be shown"
NO_PICTURES = (
    "A results file comes without its pictures, so the cases below are listed by name only."
)
BEST = "best"
UNDEFINED = "n/a"
NOT_RUN = "not run"
VARIANT_COLUMN = "Variant"
SORT_HINT = "Press to sort."
CASES_HINT = "Press for its best and worst cases."
TABLE_HINT = (
    "Below each figure: its 95 % bootstrap interval, and on how many of the set's cases it rests."
)
NO_CURVES = "No curves were kept for this protocol."
CASE_PARTS = "From left to right: picture, truth, map. Press a picture to enlarge it."
BEST_CASES = "Best cases"
WORST_CASES = "Worst cases"
NO_CASES = "No cases were kept of this variant on this set."
NO_PICTURE_OF_CASE = "its picture is not here"
COSTS = "What it took"
COST_COLUMNS = ("Set", "Variant", "Cases", "Seconds", "Seconds a case", "Peak memory (MB)")
MADE = "How these results were made"
DOWNLOADS = "Take avsl's own results home:"
DOWNLOAD_JSON = "all of it (JSON)"
DOWNLOAD_CSV = "the table (CSV)"


def amount(value: float, unit: str) -> str:
    """A figure without its unit; percentages with one decimal."""
    if value != value:
        return UNDEFINED
    return f"{value:.1f}" if unit == "%" and abs(value) < 1e4 else f"{value:.3g}"


def interval(low: float, high: float, unit: str) -> str:
    return f"{amount(low, unit)} to {amount(high, unit)}"


def counted(found: int, expected: int) -> str:
    """How much of a set a figure rests on."""
    return f"{found:,} found of {expected:,} expected"


def chosen_by(threshold: float | None, rule: str) -> str:
    """The threshold and what chose it."""
    rule = rule or "none given"
    return f"Rule: {rule}." if threshold is None else f"Threshold {threshold:g}; rule: {rule}."


def nothing_asked(variant: str, set_: str) -> str:
    return f"{variant} was not run on {set_} by this protocol."


def shown_results(name: str, made: str) -> str:
    """Which file is shown; ``name`` is empty for the one that ships."""
    what = f"Your file {name}" if name else "avsl's own results"
    return f"Shown: {what}{f', made {made}' if made else ''}."


def cases_of(variant: str, set_: str) -> str:
    return f"{variant} on {set_}"


def case_alt(label: str, case: str) -> str:
    return f"Picture, truth and map of the case {case}{f' ({label})' if label else ''}."


def bars_title(metric: str, set_: str) -> str:
    return f"{set_}: {metric}, with 95\N{NO-BREAK SPACE}% intervals"


def curve_title(y_name: str, x_name: str, set_: str, rule: str) -> str:
    return f"{set_}: {y_name} over {x_name} ({rule})"


def not_json(name: str) -> str:
    return f'"{name}" is not a JSON file. Choose the file that --json of train.evaluate wrote.'


def results_too_large(name: str, most: int) -> str:
    return f'"{name}" is larger than {size(most)}. Choose the file that --json wrote.'


def no_figures(name: str) -> str:
    return f'"{name}" holds no figures. Run train.evaluate with a variant and a set.'


def bad_results(name: str, why: str) -> str:
    return f'"{name}" is not a results file of python -m train.evaluate: {why}.'


def wrong_type(field: str) -> str:
    return f"what it holds as {field} is of another kind"


TAB_LIVE = "Live"
LIVE = "Where does it sound, right now?"
LIVE_INTRO = (
    "Stand before the camera, clap, talk, shake your keys: the region follows while it sounds. "
    "Synchrony needs the sounding thing to move, and about three seconds to begin with."
)
LIVE_PRIVACY = (
    "Small pictures and the sound go to the machine that runs this page, are never stored, and "
    "are forgotten when you stop."
)
LIVE_VIDEO = "Live picture of your camera"
LIVE_START = "Start camera and microphone"
LIVE_STOP = "Stop"
LIVE_KEEP = "Keep the last 10 seconds"
LIVE_KEEP_HINT = "They are put into the Localize tab as a video with its sound, and this one stops."
LIVE_TURN = "Other camera"
LIVE_CAMERA = "Camera"
LIVE_CAMERA_FIRST = "known once you start"
LIVE_MIRROR = "Mirror the picture"
LIVE_LEVEL = "Sound level"
LIVE_RATE = "Maps"
LIVE_LATENCY = "Latency"
LIVE_LISTENING = "listening: a few seconds are needed"
LIVE_LOADING = "The variant is being loaded."
LIVE_UNEXPECTED = (
    "Something unexpected went wrong, and it is not your doing. Press start to try again. The "
    "details are in the log of the machine that runs this page."
)
LIVE_PROBLEMS = {
    "insecure": (
        "The browser gives camera and microphone only to pages at https:// or localhost. Open this "
        "page by such an address."
    ),
    "denied": (
        "The browser was not allowed to use camera and microphone. Allow both for this page, in "
        "the address bar or the browser's settings, and press start again."
    ),
    "no-camera": "No camera was found. Connect one and press start again.",
    "no-microphone": "No microphone was found. Connect one and press start again.",
    "taken": (
        "Camera or microphone cannot be opened. Perhaps another program is using them: close it "
        "and press start again."
    ),
    "ended": (
        "Camera or microphone stopped: unplugged, or the permission was taken back. Press start "
        "to go on."
    ),
    "refused": "The server could not make sense of this page. Reload it and press start again.",
    "kept": "The last seconds could not be kept. Press start and try again.",
}
LIVE_WORDS = {  # what the page's script says by itself
    "start": LIVE_START,
    "stop": LIVE_STOP,
    "idle": "Your camera's picture appears here.",
    "asking": "Please allow camera and microphone.",
    "connecting": "Connecting.",
    "lost": "The connection was lost. Trying again.",
    "paused": "Paused while this page is out of sight.",
    "left": (
        "Camera and microphone were let go after a minute out of sight. Press start to go on."
    ),
    "keeping": "The last seconds are being handed over.",
    "camera": LIVE_CAMERA,
    "rate": "{} a second",
    "problems": LIVE_PROBLEMS,
    "notices": {
        "muted": "Camera or microphone is paused by the system. It goes on by itself.",
        "deaf": "The microphone gives no sound at all. Is it muted?",
    },
}


def live_waiting(live_now: int, place: int) -> str:
    """While others have all the places; ``place`` 1 is the next."""
    people = "1 person is live" if live_now == 1 else f"{live_now} people are live"
    turn = "you are next" if place <= 1 else f"{place - 1} more before you"
    return f"{people}, {turn}."


def not_live(name: str, names: list[str]) -> str:
    return f"{name!r} cannot be used live here. Choose one of: {', '.join(names)}."


LINK = "Link to this"
LINK_COPY, LINK_COPIED = "Copy link", "Copied"
LINK_HINT = "It opens this page with this example, run and drawn as it is now."
LINK_TITLE = "Part of the link was left out"
LINK_THRESHOLD_ALONE = (
    "A threshold in a link goes with an example; your own clip begins at the variant's."
)


def link_unknown(key: str, value: str, known: list[str]) -> str:
    return f"The link's {key} {value[:40]!r} is none of: {', '.join(known)}."


def link_out_of_range(key: str, value: str, least: float, most: float) -> str:
    return f"The link's {key} {value[:40]!r} is no number from {least:g} to {most:g}."


def link_needs_download(title: str, run: str) -> str:
    return f"{title} has to be downloaded first. Press {run!r} to do that."
