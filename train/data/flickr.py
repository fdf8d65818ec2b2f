"""SoundNet-Flickr and its extended set.

Senocak et al. (CVPR 2018): 250 pictures with 20 s of sound, boxes of several annotators in a
256 px square, one xml a picture; the truth is min(1, sum / 2). LVS's list has 249 of them, SLAVC's
extended list all 250 (each once more with the sound of another picture: nothing in view sounds).
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from avsl.media.endings import taken
from avsl.text_files import cells, read_text
from train.data.cases import Kind
from train.data.layouts import Store, annotation, below, store
from train.data.listed import AnnotationError, Entry, ListedSet, split
from train.data.media import Protocol
from train.data.truths import Box, agreed, fractions
from train.data.vggss import LVS, SLAVC, silent, silent_pairs

_HOMES = ("flickr", "Flickr", "SoundNet-Flickr", "Flickr-SoundNet", "flickr_soundnet")
FOLDERS = tuple(f"{home}{part}" for home in _HOMES for part in ("/test", "/Test", ""))
EXTENDED_FOLDERS = ("flickr_extended", "Extended-Flickr-SoundNet", *FOLDERS)
SENOCAK = "github.com/ardasnck/learning_to_localize_sound_source"
XML_FOLDERS = ("Annotations", "annotations")
PICTURES = 250
XML_PX = 256


def xml_boxes(file: Path) -> tuple[Box, ...]:
    """One picture's boxes, one an annotator, as fractions.

    Every ``bbox`` element counts; its corners are in elements named xmin, ymin, xmax, ymax, or are
    its last four.
    """
    try:
        # a data set's own files; expat itself stops entities that grow without end
        found = ElementTree.parse(file).getroot().iter("bbox")  # noqa: S314
        return tuple(fractions(_corners(box), XML_PX) for box in found)
    except (ElementTree.ParseError, ValueError, TypeError) as error:
        raise AnnotationError(f"{file} is no Flickr annotation; see {SENOCAK}.") from error


def _corners(box: ElementTree.Element) -> list[int]:
    named = [box.findtext(name) for name in ("xmin", "ymin", "xmax", "ymax")]
    texts = named if all(named) else [child.text for child in list(box)[-4:]]
    if len(texts) != 4:
        raise ValueError("a box needs four corners")
    return [int(text) for text in texts]


def single(root: Path, protocol: Protocol) -> ListedSet:
    media = store(below(root, FOLDERS), with_videos=False)
    entries = _sounding(root, media, protocol)
    about = (
        "SoundNet-Flickr: boxes of several annotators, half true where only one of them saw the "
        "source (Senocak et al., CVPR 2018)."
    )
    return _set("flickr", Kind.SINGLE, PICTURES, about, entries, media)


def extended(root: Path, protocol: Protocol) -> ListedSet:
    media = store(below(root, EXTENDED_FOLDERS), with_videos=False)
    file = annotation(root, "slavc/flickr_test_plus_silent.csv", SLAVC, EXTENDED_FOLDERS)
    entries = _sounding(root, media, protocol)
    entries += [silent(media, protocol, *pair) for pair in silent_pairs(file)]
    about = (
        "Extended SoundNet-Flickr: the 250 pictures, and each with the sound of another "
        "(SLAVC, Mo and Morgado, NeurIPS 2022)."
    )
    return _set("flickr/extended", Kind.EXTENDED, 2 * PICTURES, about, entries, media)


def picture_ids(root: Path) -> tuple[str, ...]:
    """LVS's 249 and the one more that SLAVC's list has, where that list is there."""
    file = annotation(root, "lvs/flickr_test.csv", LVS, FOLDERS)
    ids = [row[0] for row in cells(read_text(file)) if row]
    try:
        pairs = silent_pairs(annotation(root, "slavc/flickr_test_plus_silent.csv", SLAVC, FOLDERS))
    except AnnotationError:
        pairs = ()
    return tuple(dict.fromkeys([*ids, *(seen for seen, _ in pairs)]))


def _sounding(root: Path, media: Store, protocol: Protocol) -> list[Entry]:
    ids = picture_ids(root)
    xml = dict(_xml_files(root))
    if not xml:
        raise AnnotationError(
            "The boxes of SoundNet-Flickr are missing: put its xml files into "
            f"{root / 'flickr' / 'Annotations'}. They are at {SENOCAK}."
        )
    return [_entry(media, protocol, name, xml[name]) for name in ids if name in xml]


def _xml_files(root: Path) -> Iterator[tuple[str, Path]]:
    places = (*below(root, EXTENDED_FOLDERS), root / "annotations" / "flickr")
    for folder in (place / name for place in places for name in (*XML_FOLDERS, "")):
        files = taken(sorted(folder.glob("*.xml")), folder, (".xml",))
        yield from ((file.stem, file) for file in files)


def _entry(media: Store, protocol: Protocol, name: str, xml: Path) -> Entry:
    return Entry(
        id=name,
        open=partial(media.open, name, None, protocol),
        truth=lambda: agreed(xml_boxes(xml)),
        files=media.files(name) if media.has(name) else (),
    )


def _set(name, kind, expected, about, entries: list[Entry], media: Store) -> ListedSet:
    found, missing = split(entries, lambda entry: media.has(*entry.id.split("+")))
    return ListedSet(name, kind, expected, about, found, missing)
