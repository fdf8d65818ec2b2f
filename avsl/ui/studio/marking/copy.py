"""Every sentence of the marking of truths."""

TITLE = "Who is right? Mark it yourself"
INTRO = (
    "Mark what sounds at this moment, with boxes or a brush, and every variant is judged by it. "
    "Mark as many moments as you like: choose another one above."
)
FRAME = "The frame of this moment. Drag to mark what sounds; or give a box by numbers below."
TOOL = "Draw with"
BOX, BRUSH = "box", "brush"
BRUSH_SIZE = "Size of the brush"
UNDO, CLEAR = "Undo", "Clear"
NOTHING = "Nothing in view sounds"
NUMBERS = "A box by numbers, in % of the frame"
LEFT, TOP, RIGHT, BOTTOM = "Left", "Top", "Right", "Bottom"
ADD = "Add the box"
FILE = "Or a file: a mask as a picture, boxes as JSON"
FILE_HINT = (
    "A picture marks this moment: what is bright in it sounds. JSON may be a list of boxes of "
    "fractions [[left, top, right, bottom]], what you took home from here, or the list of VGG-SS, "
    "of whose clips the boxes are known by name."
)
TABLE = "Against what you marked"
UNMARKED = "Nothing is marked yet."

WORDS = {  # of the script
    "unmarked": "This moment is not marked.",
    "nothing": "Marked: nothing in view sounds.",
    "marked": "Marked: {boxes} boxes, {strokes} strokes{file}.",
    "file": ", and the mask of the file",
    "empty": "A box needs left before right and top before bottom.",
}


def table_hint(moments: int) -> str:
    said = "1 moment is" if moments == 1 else f"{moments} moments are"
    return (
        f"{said} marked. Consensus IoU (cIoU) is the mean over those at which something sounds, as "
        "in the table of an example's own truth; Left dark is about those marked as silent."
    )
