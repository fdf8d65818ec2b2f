"""Names of files as text that can be shown and kept.

A name may hold anything: line breaks, and bytes that are no text, which Python carries as lone
surrogates. No encoding has those.
"""


def printable(name: str) -> str:
    """``name`` on one line of printable characters, to be shown or drawn."""
    return "".join(map(_shown, name))


def encodable(name: str) -> str:
    """``name`` as UTF-8 can hold it: other bytes are spelled out, as in "caf\\udce9.mp4"."""
    return name.encode(errors="backslashreplace").decode()


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "�"
