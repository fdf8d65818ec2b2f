"""``app.py`` as it is, which besides tells its log at SIGUSR1 where each of its threads is."""

import faulthandler
import runpy
import signal

LAST_WORDS = " in _run_module_as_main\n"  # of the main thread, which is told last

if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1)
    runpy.run_path("app.py", run_name="__main__")
