"""Every sentence of the tab "Swap the sound"."""

from collections.abc import Sequence

TAB_SWAP = "Swap the sound"
SWAP = "Another sound: does the region move?"
INTRO = (
    "One picture, the sound of each of its things, then one of a thing that is not there: a map "
    "that follows its sound moves, and goes. Press a pair to see and hear it. Pictures and sounds "
    "here are drawn and made by this project; your own join them. Variants of the ACL family take "
    "words as well."
)
VARIANT = "Variant"
RUN = "Fill the grid"
EMPTY_TITLE = "The grid appears here"
EMPTY = (
    "Press Fill the grid for the pictures and sounds of the gallery, or bring a picture or a sound "
    "of your own: it joins them as a row or a column."
)
WORKING = "Pictures are looked at once; every further sound is cheap."
NO_VARIANT = "No variant that knows things by their sound is ready. Load one in Localize."

OWN_PICTURE, OWN_SOUND = "Your picture", "Your sound"
PICTURE = "A picture"
MOMENT_OF_CLIP = "A moment of the clip"
MOMENT_HINT = (
    "Play the clip and stop where you like; its frame becomes a row and the sound around it a "
    "column."
)
ADD_MOMENT = "Add this moment"
SOUND = "A sound"
SOUND_HINT = "Upload one or speak into the microphone; it is played to every picture."
WORDS = "A word instead of a sound"
WORDS_EXAMPLE = "dog"
ASK = "Ask"
NO_CLIP = "There is no clip yet. Upload or record one."
NO_PICTURE = "There is no picture yet. Upload one."
NO_SOUND = "There is no sound yet. Upload one or speak into the microphone."
RECORDING = "your recording"
UNSURE = "Also show what it is not sure of"
UNSURE_INFO = "Maps below the confidence gate are left out, unless you ask for them."

GRID = "Pictures down, sounds across"
CORNER = "Picture"
TAKE_OUT = "Take out"
NOTHING, SILENT, NOT_FOUND = "nothing shown", "nothing audible", "not found"
PLAYER = "What was heard"
FILES_HINT = "To take home: the grid as a picture (PNG) and its numbers (JSON)."


def too_many(most: int, what: str) -> str:
    return f"At most {most} {what} of your own fit into the grid; take one out first."


def words_left_out(name: str) -> str:
    return f"{name} reads no words, so those you typed were left out."


def own_sound(clip: str, time_s: float) -> str:
    return f"{clip} around {time_s:.1f} s"


def moment_name(clip: str, time_s: float) -> str:
    return f"{clip} at {time_s:.1f} s"


def asked_name(name: str, is_words: bool) -> str:
    return f"“{name}”" if is_words else f"{name}’s sound"


def pair_words(name: str, is_words: bool, said: str) -> str:
    """One pair for those who do not see it: "dog's sound: upper left"."""
    called = f"“{name}”" if is_words else f"{name}'s sound"
    return f"{called}: {said}"


def truth_words(name: str, there: bool, shows: bool, right: bool) -> str:
    """What the truth says of one pair; nothing where nothing is rightly shown."""
    if there:
        if not shows:
            return f"the {name} was missed"
        return f"on the {name}" if right else f"not on the {name}"
    return f"there is no {name}" if shows else ""


def tally(found: int, shown: int, of: int, quiet: int, absent: int) -> str:
    """How right the gallery's pairs are."""
    return (
        f"Of {of} sounds of a thing in the picture, {shown} are marked, and the map’s peak is on "
        f"that thing for {found}. Of {absent} sounds of a thing that is not there, {quiet} "
        "rightly mark nothing."
    )


def spent(pictures: int, looking_s: float, asked: int, pairs: int, grounding_s: float) -> str:
    """What the last press took."""
    looked = (
        f"{_count(pictures, 'picture')} looked at, {1000 * looking_s / pictures:.0f} ms each"
        if pictures
        else "No picture had to be looked at again"
    )
    heard = f"{_count(asked, 'sound')} heard" if asked else "no sound heard anew"
    marked = f"{_count(pairs, 'pair')} marked"
    each = f" in {1000 * grounding_s / pairs:.1f} ms each" if pairs else ""
    return f"{looked}; {heard}; {marked}{each}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def detail(
    picture: str, name: str, is_words: bool, said: str, sure: Sequence[float], label: str
) -> str:
    """The pressed pair; ``sure`` is its confidence and the gate."""
    heard = f" Taken for: {label}." if label else ""
    return (
        f"{asked_name(name, is_words)} in {picture}: {said}. Confidence {sure[0]:.2f}, "
        f"gate {sure[1]:.2f}.{heard}"
    )


GATE_OF_WORDS = (
    "The gate was calibrated on sounds; for words it is the same number and was not checked."
)
