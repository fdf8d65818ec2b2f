"""What the language model is asked."""

import base64
from collections.abc import Sequence

VERSION = "scene-1"  # answers to another version are not taken for this one

INSTRUCTION = """\
You describe one short video clip for a system that learns where sounds come from.
You get frames of the clip in order and, as text, what is known of its sound.
Answer with one JSON object and nothing else:
{"sounding": [...], "silent": [...], "background": "..."}
sounding: each thing that is heard, a short phrase with its action and state, such as
"a brown dog barking". If its source cannot be seen, end the phrase with ", out of view".
silent: each thing that is seen and could sound but is not heard, such as "a parked car".
background: the place, in a few words.
Use at most eight words a phrase. Name only what the frames and the sound labels support; leave a
list empty rather than guess."""


def messages(frames: Sequence[bytes], labels: Sequence[str], complaint: str = "") -> list[dict]:
    """A chat for one clip: JPEG ``frames``, what is known of its sound, and, where an earlier
    answer could not be used, why.
    """
    known = "; ".join(labels) or "nothing is known of it, judge by the frames"
    parts: list[dict] = [{"type": "text", "text": f"The sound: {known}."}]
    parts += [{"type": "image_url", "image_url": {"url": _data_url(jpeg)}} for jpeg in frames]
    if complaint:
        parts.append({"type": "text", "text": f"An earlier answer was refused: {complaint}"})
    return [
        {"role": "system", "content": INSTRUCTION},
        {"role": "user", "content": parts},
    ]


def _data_url(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
