"""Scenes in words: captions, and descriptions as language-model guidance wants them."""

from avsl.description import OUT_OF_VIEW, Description
from avsl.synthetic.world.backdrop import clutter_pieces
from avsl.synthetic.world.dials import Difficulty
from avsl.synthetic.world.scenes import Scenes
from avsl.synthetic.world.taxonomy import CLASSES

BACKGROUNDS = ("a plain background", "some clutter", "a busy background")
BUSY_FROM = 4  # pieces of clutter


def descriptions(scenes: Scenes, difficulty: Difficulty) -> list[Description]:
    """One for each of B scenes; where a class has several phrases, one is drawn."""
    pick = scenes.objects.uniform("phrase").tolist()
    pieces = clutter_pieces(scenes.draws, difficulty)
    ground = ((pieces > 0).long() + (pieces >= BUSY_FROM)).tolist()
    rows = zip(
        scenes.classes.tolist(), scenes.in_view.tolist(), scenes.sounding.tolist(),
        pick, ground, strict=True,
    )  # fmt: skip
    return [_described(*row) for row in rows]


def captions(scenes: Scenes, difficulty: Difficulty) -> list[str]:
    """One sentence for each of B scenes: what sounds, what is silent, what is not in view."""
    return [_sentence(description) for description in descriptions(scenes, difficulty)]


def names_in_view(scenes: Scenes) -> list[str]:
    """Only what is seen, sounding or not: "a photo of an owl and a drum", for image-text pairs."""
    return [
        "a photo of "
        + _listed([CLASSES[kind].noun for kind, seen in zip(kinds, view, strict=True) if seen])
        for kinds, view in zip(scenes.classes.tolist(), scenes.in_view.tolist(), strict=True)
    ]


def _described(kinds, in_view, sounding, pick, ground) -> Description:
    heard, silent = [], []
    for kind, seen, sounds, share in zip(kinds, in_view, sounding, pick, strict=True):
        row = CLASSES[kind]
        phrases = row.sounding if sounds else row.silent
        phrase = f"{row.noun} {phrases[int(share * len(phrases))]}"
        if sounds:
            heard.append(phrase if seen else phrase + OUT_OF_VIEW)
        elif seen:
            silent.append(phrase)
    return Description(tuple(heard), tuple(silent), BACKGROUNDS[ground])


def _sentence(description: Description) -> str:
    parts = [_listed(list(description.sounding)) or "nothing to be heard"]
    if description.silent:
        parts.append("next to " + _listed(list(description.silent)))
    return " ".join([*parts, "before", description.background])


def _listed(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
