"""The sentences of this package."""

STAGE_CARD = "at work on the graphics card"
STAGE_MEMORY = "waiting for memory, position {} in the queue"


def minutes(seconds: float) -> str:
    """A time as a person says it."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes"


def took_too_long(limit_s: float) -> str:
    return (
        f"Stopped after {minutes(limit_s)}, the longest that one run may take here. Nothing was "
        "kept of it. Cut the clip, ask for fewer maps a second, or choose a quicker variant."
    )


def too_large(needed_bytes: int, most_bytes: int) -> str:
    return (
        f"This run would take about {gigabytes(needed_bytes)} GB of memory, and this machine has "
        f"{gigabytes(most_bytes)} GB for it. Use a shorter or smaller clip, or fewer maps a second."
    )


def gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f}"


FULL = (
    "The disk for uploads is full just now. Uploads are deleted as they grow old: try again in a "
    "few minutes, or with a smaller file."
)
NOT_UNDERSTOOD = (
    "The page could not make sense of this request. Reload it and try again; for calls by a "
    "program, its API page says what each endpoint takes."
)
TOO_MUCH = "This is more than the page takes at once. Send a smaller file."

STATS_TITLE = "avsl: how it is doing"
STATS_HINT = (
    "Counted since the app was started, for everybody together. Nothing here is of any one "
    "visitor: no names, no addresses, no contents."
)
STATS_FACTS = "Now"
STATS_JOBS = "Jobs"
STATS_STAGES = "Median seconds by stage"
STATS_NONE = "none yet"
STATS_NAMES = {
    "version": "Version",
    "uptime_s": "Seconds since the start",
    "working": "Jobs at work",
    "waiting": "Jobs waiting",
    "live": "Live visitors",
    "results": "Results kept",
    "memory_mb": "Memory (MB)",
    "memory_held_mb": "Memory held for jobs (MB)",
    "disk_free_mb": "Free disk (MB)",
    "disk_used_mb": "Disk used by results and uploads (MB)",
}
STATS_COLUMNS = ("Variant", "Outcome", "Jobs")
STAGE_COLUMNS = ("Stage", "Median", "Times")
