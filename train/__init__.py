"""Training and benchmarks: imports avsl, never the reverse."""

import os

# Threads that spin while they wait for each other take the processor from the rest of the machine
# (data loaders, other runs), up to tenfold slower where cores are shared. Read when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
