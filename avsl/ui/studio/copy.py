"""Every sentence of the two Studio tabs; the app's others would not fit beside them in one file."""

TAB_COMPARE = "Compare"
TAB_LISTENING = "Is it listening?"

CLIP = "Video"
CLIP_HINT = "The same clip in every tab: what you choose here or in Localize is in all of them."
NO_VARIANT = "none"

# Compare

COMPARE = "Which variant is right about your clip?"
COMPARE_INTRO = (
    "Two to four variants on one clip, side by side in one video. Each is shown at its own "
    "calibrated threshold, since a map value of 0.5 means something else to each of them."
)
VARIANTS = "Variants to compare"
VARIANTS_INFO = "Two to four. Those that need a download are not listed: load them in Localize."
COMPARE_RUN = "Compare"
COMPARE_EMPTY_TITLE = "The comparison appears here"
COMPARE_EMPTY = (
    "Choose a clip and two to four variants, then press Compare; or press an example, whose truth "
    "is known. You get one video with all of them, what each costs, and where they agree."
)
COMPARE_WORKING = "First the numbers, then the video with all of them."
TOO_FEW = "A comparison needs two variants or more; choose another one."
COMPARE_VIDEO = "The variants side by side"
COMPARE_MOMENTS = "Moment by moment"
ALONE = "in the first only"
TRUTH_STAGE = "working out the truth"
PLAIN = "the clip"

SHARED = "One threshold for all"
SHARED_LEVEL = "Shared threshold"
SHARED_WARNING = (
    "Thresholds do not transfer. Maps of different variants share no unit: at one threshold for "
    "all, a variant may look blind, or careless, because of its scale alone. Pictures and numbers "
    "follow at once; the video when you ask."
)
OWN_LEVELS = "Each variant is at its own calibrated threshold."

AGREEMENT = "agreement"
FIRST = "Agreement of"
SECOND = "and of"
BOTH = "both"
IOU = "IoU"
TABLE = "What each took, and what it marks"
TRUTH_TABLE = "Against the truth of this example"
TRUTH_HINT = (
    "The example's truth is exact. Consensus IoU (cIoU) is its mean over the moments at which "
    "something in view sounds; success is the share of these that reach 0.5; AUC the mean success "
    "over all levels. Left dark: the share of the other moments at which nothing is marked."
)
TRUTH_UNKNOWN = (
    "Which variant is right cannot be told: the truth of this clip is not known. Mark it yourself, "
    "further below."
)
PAIRS = "How far every two agree"
PAIRS_HINT = (
    "In bold: mean IoU over the moments at which both mark something. Beside it: the share of all "
    "moments at which both say the same, sounding here or not."
)
TABLE_COLUMNS = (
    "Variant", "Threshold", "Marks something", "Seconds", "Spared", "Pictures looked at", "Weights",
)  # fmt: skip
TABLE_HINT = (
    "Seconds were spent here. Spared are those that the variant would have needed besides if "
    "another with the same eye had not looked at the frames before."
)
TRUTH_COLUMNS = ("Variant", "cIoU", "Success", "AUC", "Left dark")
NEVER = "never both"
UNDEFINED = "n/a"
NO_NETWORK = "no network"

PREPARE = "Prepare the files"
COMPARE_FILES_HINT = (
    "To take home: a table of every moment (CSV), a sheet of pictures and the video as it is drawn."
)
STAGE_PACKING = "packing the files"

# Is it listening?

LISTENING = "Does what it shows follow what it hears?"
LISTENING_INTRO = (
    "Many networks draw nearly the same map whatever is played. Here the same frames are run with "
    "the clip's own sound, silence, white noise, another sound and its own sound some seconds "
    "later."
)
LISTENING_VARIANT = "Variant to test"
OTHER_SOUND = "Choose the other sound"
OTHER_SOUND_HINT = (
    "Upload one or speak into the microphone. Without, a made one is played: a frog. It should be "
    "of a thing that your clip does not show."
)
LISTENING_RUN = "Test it"
LISTENING_EMPTY_TITLE = "The listening score appears here"
LISTENING_EMPTY = (
    "Choose a clip on which the variant finds the source, then press Test it; or press an example. "
    "You get a score, what became of the map with every sound, and a video of all of them."
)
LISTENING_WORKING = "First the score, then the video with a map for every sound."
LISTENING_VIDEO = "The same frames with every sound; the one you hear is the clip's own"
SCORE = "Listening score"
NO_SCORE = "No score"
DEFINITION = (
    "The score is the share of what is shown with the clip's own sound that is gone or elsewhere "
    "with another sound, times the same share in silence (1 - IoU; up to a fifth counts as still). "
    "0 is a map that is there whatever is heard, 1 one that comes and goes with its sound; whether "
    "it is in the right place is another question."
)
PARTS = "What became of the map"
PARTS_COLUMNS = ("Played instead", "Gone or elsewhere", "Nothing shown any more", "In the score")
COUNTED, NOT_COUNTED = "yes", "no"
PARTS_HINT = (
    "Noise and shift are told but not counted: noise sounds much like rain, and who knows a dog by "
    "its bark has no reason to look elsewhere when it barks later."
)
YARDSTICK = "For comparison: the variants that ship"
YARDSTICK_COLUMNS = ("Variant", "Score", "Films with a score")
HERE = "this clip"
DEAF = "hears nothing"
NOTHING_SHOWN = "nothing shown"
LISTENING_FILES_HINT = (
    "To take home: the score and its parts (JSON), a sheet of pictures and the video."
)


def too_many(most: int) -> str:
    return f"At most {most} variants are compared at once; take some out."


def panel_threshold(threshold: float) -> str:
    """For the strip above a variant's picture in the video."""
    return f"threshold {threshold:.2f}"


def moved(share: float) -> str:
    """For the strip above a sound's picture in the video."""
    return f"{share:.0%} gone or elsewhere"


def figure_words(name: str, verdict: str, places: list[str], time_s: float) -> str:
    """One picture for those who do not see it."""
    return f"{name} at {time_s:.1f} s: {', '.join([verdict, *dict.fromkeys(places)])}."


def only(name: str) -> str:
    return f"only {name}"


def agreement_words(
    time_s: float, shares: tuple[float, float, float], names: tuple[str, str]
) -> str:
    """``shares`` of the frame that the first alone, the second alone and both mark."""
    alone, other, both = shares
    if not any(shares):
        return f"At {time_s:.1f} s neither marks anything."
    return (
        f"At {time_s:.1f} s both mark {both:.1%} of the frame, {names[0]} alone {alone:.1%} and "
        f"{names[1]} alone {other:.1%}: IoU {both / sum(shares):.2f}."
    )


def iou_words(shares: tuple[float, float, float]) -> str:
    return f"IoU {shares[2] / sum(shares):.2f}" if any(shares) else "neither marks anything"


def yardstick_words(films: int, seconds: float) -> str:
    """What the yardstick rests on."""
    return (
        f"Mean scores on {films} films of {seconds:g} s from the sounding world, two things in "
        "view of which one sounds; the other sound is of a thing that is not in view. A film on "
        "which a variant shows almost nothing gives no score. Baselines that hear nothing get 0."
    )


def counted(films: int, of: int) -> str:
    return f"{films} of {of}"


def moments_counted(moments: int) -> str:
    return f"on {moments} moments of this clip at which it shows something"
