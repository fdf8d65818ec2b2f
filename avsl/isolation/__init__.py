"""Work on what strangers sent, in processes that may crash, hang or swell without harm.

A *nursery* (:mod:`avsl.isolation.nursery`) is one process that has imported what the work needs and
does none of it; for every job it forks a *child*, in milliseconds. A child has limits on memory and
computing time, may write no file, and ends with the job, with the nursery, or with this process,
whichever ends first. It is talked to in numbers and plain JSON (:mod:`avsl.isolation.wire`):
nothing that comes from a child is ever unpickled here.

This package knows nothing of media; :mod:`avsl.media.remote` is its one user.
"""

from avsl.isolation.keeper import Allowance, Child, Crashed, Failed, Hung, Keeper, Overgrown, Tired
from avsl.isolation.wire import Message, Wire

__all__ = [
    "Allowance",
    "Child",
    "Crashed",
    "Failed",
    "Hung",
    "Keeper",
    "Message",
    "Overgrown",
    "Tired",
    "Wire",
]
