"""What the fuzz script sends: values of every wrong kind, and paths that lead elsewhere."""

import random
from typing import Any

TRICKS = (
    "{}", "../{}", "..%2f{}", "....//{}", "%2e%2e/{}", "/proc/self/root{}", "file://{}",
    "%00{}", "{}%00.mp4", "\\\\localhost\\{}", "//{}", "./././{}", "http://127.0.0.1:9/{}",
)  # fmt: skip


def value(dice: random.Random, canary: str, depth: int = 0) -> Any:
    """Something that no handler hopes for."""
    makers = [
        lambda: None,
        lambda: dice.choice([True, False]),
        lambda: dice.choice([0, -1, 2**31, 2**63, -(2**70), 10**30]),
        lambda: dice.choice([0.5, -0.0, 1e308, -1e308, float("nan"), float("inf")]),
        lambda: text(dice, canary),
        lambda: file_data(dice, canary),
        lambda: "x" * dice.choice([10, 10_000, 1_000_000]),
    ]
    if depth < 4:
        makers += [
            lambda: [value(dice, canary, depth + 1) for _ in range(dice.randint(0, 4))],
            lambda: {
                text(dice, canary)[:40]: value(dice, canary, depth + 1)
                for _ in range(dice.randint(0, 4))
            },
            lambda: _nested(dice.choice([5, 200])),
        ]
    return dice.choice(makers)()


def text(dice: random.Random, canary: str) -> str:
    return dice.choice(
        [
            "", " ", "sync", "heat", "no-such", "user/name", "user/name@../..", "a/b/c",
            "\x00", "\u202e\u0000", "<script>alert(1)</script>", "'; drop table x; --",
            "{{7*7}}", "${jndi:ldap://x}", "%s%n%x", "\ud800".encode("utf-8", "replace").decode(),
            canary, trick(dice, canary), "../../../../etc/passwd", "CON", "-rf", "~/.ssh/id_rsa",
            ", ".join(["sync"] * 50),
        ]
    )  # fmt: skip


def trick(dice: random.Random, canary: str) -> str:
    """A way to write the canary's path."""
    return dice.choice(TRICKS).format(canary)


def file_data(dice: random.Random, canary: str) -> dict:
    """What gradio takes for an uploaded file, with something else in it."""
    return {
        "path": trick(dice, canary),
        "url": dice.choice([None, f"file://{canary}", "http://127.0.0.1:9/x.mp4"]),
        "orig_name": dice.choice(["x.mp4", "../../x.mp4", None, 7]),
        "size": dice.choice([None, -1, 2**70]),
        "meta": dice.choice([{"_type": "gradio.FileData"}, {}, None]),
        "is_stream": dice.choice([False, True]),
    }


def _nested(depth: int) -> list:
    inner: list = []
    for _ in range(depth):
        inner = [inner]
    return inner
