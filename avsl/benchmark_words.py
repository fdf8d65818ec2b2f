"""What the protocols and metrics of the benchmark ask, in plain words."""

PROTOCOLS = {
    "sweep": (
        "One absolute threshold for all maps; the map above it must overlap the truth. "
        "Asks whether the map's values mean the same in every picture."
    ),
    "median": (
        "The upper half of every map counts as marked, however sure it is. "
        "Asks only for the order within a map, and cannot reward small sources."
    ),
    "adaptive": (
        "As many pixels are marked as the truth has. "
        "Asks for the place alone, since the size is given away."
    ),
    "extended": (
        "Half of the cases have nothing in view that is heard. "
        "Asks whether the confidence tells the two halves apart, and then for the place."
    ),
    "segmentation": (
        "The map is compared with an exact mask, pixel by pixel, empty ones included. "
        "Asks for the outline."
    ),
    "interactive": (
        "One picture is played several sounds, and every one of them must be found. "
        "Asks whether the map follows the sound instead of the most striking object."
    ),
    "fixed": (
        "One threshold for all maps that was known beforehand. "
        "Asks how the variant does as it is used."
    ),
    "framewise": (
        "Several sources sound at once, each is asked for by its own sound, and a picture counts "
        "once. Asks for every source of a mixture."
    ),
    "sourcewise": (
        "Several sources sound at once, each is asked for by its own sound, and every source "
        "counts. Easier than frame-wise."
    ),
    "mixture": (
        "Several sources sound at once, and the map of all sounds together is compared with all "
        "of their places. Asks that none is left out."
    ),
    "negative": (
        "Silence, noise and sounds of things out of view. Asks that the map stays empty."
    ),
    "video": (
        "Maps over time, while sources start, stop, mix and leave the picture. "
        "Asks for the right place at every moment."
    ),
}  # fmt: skip
METRICS = {
    "cIoU": "share of the cases whose overlap with the truth is at least one half",
    "CIoU": "overlap with the truth, averaged over the moments",
    "AUC": "share of the cases that pass, averaged over the overlap asked for, from 0 to 1",
    "AP": "average precision: 100 where everything right ranks before everything wrong",
    "max-F1": "the best balance of precision and recall that any confidence gives",
    "LocAcc": "share of the cases with a source in view whose place is right",
    "mIoU": "overlap with the mask, averaged over the frames",
    "F": "weighted balance of precision and recall of pixels at the best threshold of the set",
    "IIoU": "share of the pictures in which every one of the sources is found",
    "IAUC": "as IIoU, averaged over the overlap asked for, from 0 to 1",
    "CAP": "average precision of the map's pixels, for each sound that is heard",
    "PIAP": "average precision of the map's pixels, whichever order the sources come in",
    "pIA": "share of the picture that is marked although nothing in view is heard; less is better",
    "AUC_N": "share of the silent cases that stay empty, averaged over how empty is asked for",
    "TN%": "share of the moments without a source in view that have nothing marked",
    "TN% area": "share of the picture left dark at the moments without a source in view",
    "on/off": "whether the map comes and goes with the sound; 50 is chance",
}


def protocol_words(name: str) -> str:
    """What a protocol asks, in a sentence or two."""
    key = _key(name)
    known = next((PROTOCOLS[each] for each in PROTOCOLS if key.startswith(each)), "")
    return known or "There is no description of this protocol here; its rule stands with it."


def metric_words(name: str) -> str:
    """What a metric says; empty for one that is not known."""
    metric = name.partition(",")[0].removesuffix(" Adaptive")
    metric, at, least = metric.partition("@")
    if at:  # CIoU@0.3 is a share of cases, as cIoU is
        return METRICS["cIoU"].replace("one half", least) if metric == "CIoU" else ""
    return METRICS.get(metric, "")


def _key(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
