"""Published weights: found on this machine or downloaded from the Hub, and verified.

:func:`fetch` takes what is here, else tries ordered sources; :func:`find` only looks;
:func:`fetch_folder` takes several files of one commit. What is here means the by-hand folder first
(``AVSL_WEIGHTS``, else ``~/.cache/avsl/weights``), then the cache of huggingface_hub, which keeps
its layout, its environment variables and its tools.

From 2.x on huggingface_hub deletes a download that stops half way. So the bytes travel by
:mod:`avsl.transfer`, which resumes, to the place where its cache wants them; ``hf_hub_download``
finds them there and does the rest.
"""

from avsl.hub.files import fetch, find
from avsl.hub.folders import Fetched, fetch_folder
from avsl.hub.source import Source, weights_folder

__all__ = ["Fetched", "Source", "fetch", "fetch_folder", "find", "weights_folder"]
