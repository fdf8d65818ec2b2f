"""Whether whoever asked is still there: gradio drops their event, but not the work for it."""

from collections.abc import Callable

from gradio.context import LocalContext


def gone() -> Callable[[], bool]:
    """Called in a handler; the answer can be asked from any thread. Unknown counts as here."""
    event_id = LocalContext.event_id.get(None)
    queue = getattr(LocalContext.blocks.get(None), "_queue", None)

    def left() -> bool:
        if event_id is None or queue is None:
            return False
        events = [event for job in [*queue.active_jobs] if job for event in job]
        return any(event._id == event_id and not event.alive for event in events)

    return left
