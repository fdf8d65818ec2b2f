"""The schema of a scene's description, and how answers are read into it.

``{"sounding": [...], "silent": [...], "background": "..."}``. What is plainly meant is repaired
and said; what is not is refused with a sentence. Nothing is guessed.
"""

import json
import re
from dataclasses import dataclass

from avsl.description import Description
from avsl.errors import AvslError

MOST_PHRASES = 12  # of one kind in one scene
MOST_CHARACTERS = 160  # of one phrase; CLIP reads 77 tokens
NOTHING = {"", "none", "nothing", "n/a", "null", "no", "silence", "-"}
_FENCE = re.compile(r"```[a-zA-Z]*\s*(.*?)(?:```|\Z)", re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')


class SchemaError(AvslError):
    """An answer that is no description; the text says what is wrong with it."""


@dataclass(frozen=True)
class Checked:
    """A description and what had to be repaired to get it."""

    description: Description
    repairs: tuple[str, ...] = ()


def from_text(text: str) -> Checked:
    """The description in a language model's answer; raises :class:`SchemaError`."""
    repairs: list[str] = []
    found = _parsed(_braces(_unfenced(text, repairs), repairs), repairs)
    return from_mapping(found, repairs)


def from_mapping(found: object, repairs: list[str] | None = None) -> Checked:
    """The description in parsed JSON; raises :class:`SchemaError`."""
    repairs = [] if repairs is None else repairs
    if isinstance(found, list) and len(found) == 1:
        repairs.append("took the one object out of its list")
        found = found[0]
    if not isinstance(found, dict):
        raise SchemaError(f"The answer is {_kind(found)}, not an object with 'sounding'.")
    found = {str(key).strip().lower(): value for key, value in found.items()}
    if "sounding" not in found:
        names = ", ".join(sorted(found)) or "nothing"
        raise SchemaError(f"The answer has no 'sounding' (it has {names}).")
    if "silent" not in found:
        repairs.append("added the missing silent list")
    description = Description(
        sounding=_phrases("sounding", found["sounding"], repairs),
        silent=_phrases("silent", found.get("silent", []), repairs),
        background=_background(found.get("background"), repairs),
    )
    if both := set(description.sounding) & set(description.silent):
        raise SchemaError(f"The answer calls {sorted(both)[0]!r} both sounding and silent.")
    return Checked(description, tuple(repairs))


def _unfenced(text: str, repairs: list[str]) -> str:
    fenced = _FENCE.search(text)
    if not fenced:
        return text
    repairs.append("took off code fences")
    return fenced[1]


def _braces(text: str, repairs: list[str]) -> str:
    """From the first bracket to the last one that could close it."""
    text = text.strip()
    start = next((place for place, letter in enumerate(text) if letter in "{["), None)
    if start is None:
        raise SchemaError(f"The answer holds no JSON: {_short(text)!r}.")
    end = text.rfind("}" if text[start] == "{" else "]")
    cut = text[start : end + 1] if end > start else text[start:]
    if cut != text:
        repairs.append("took off words around the JSON")
    return cut


def _parsed(text: str, repairs: list[str]) -> object:
    try:
        return json.loads(text)
    except ValueError:
        pass
    mended = _TRAILING_COMMA.sub(lambda match: match[1] or "", text)  # strings stay as they are
    try:
        found = json.loads(mended)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"The answer is broken JSON ({error}): {_short(text)!r}.") from error
    repairs.append("took off trailing commas")
    return found


def _phrases(name: str, value: object, repairs: list[str]) -> tuple[str, ...]:
    if value is None or isinstance(value, str):
        repairs.append(f"made a list of the single {name} value")
        value = [value or ""]
    if not isinstance(value, list):
        raise SchemaError(f"{name!r} is {_kind(value)}, not a list of phrases.")
    for phrase in value:
        if not isinstance(phrase, str):
            raise SchemaError(f"{name!r} holds {_kind(phrase)} where a phrase is expected.")
        if len(phrase) > MOST_CHARACTERS:
            raise SchemaError(f"{name!r} holds a phrase of over {MOST_CHARACTERS} letters.")
    tidy = [" ".join(phrase.split()).rstrip(".") for phrase in value]
    kept = list(dict.fromkeys(phrase for phrase in tidy if phrase.lower() not in NOTHING))
    if len(kept) > MOST_PHRASES:
        raise SchemaError(f"{name!r} holds {len(kept)} phrases; {MOST_PHRASES} are the most.")
    if len(kept) < len(value):
        repairs.append(f"took empty or repeated phrases out of {name}")
    return tuple(kept)


def _background(value: object, repairs: list[str]) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        repairs.append("made one phrase of the list of backgrounds")
        value = ", ".join(value)
    if value is None:
        repairs.append("added the missing background")
        value = ""
    if not isinstance(value, str):
        raise SchemaError(f"'background' is {_kind(value)}, not a phrase.")
    return " ".join(value.split())


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return names.get(type(value), "empty" if value is None else "a number")


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
