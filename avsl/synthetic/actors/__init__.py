"""The things that move, each drawn from a palette and moved by the times of what it does.

Every actor stands at ``place``, a point of the scene in pixels: where it touches the ground or
what it hangs from. Lengths are frame pixels before ``size`` scales the whole actor.
"""

from avsl.synthetic.actors.things import Ball, Bell, Drum
from avsl.synthetic.actors.toys import Frog, Pendulum, Pinwheel
from avsl.synthetic.actors.voices import Bird, Face

__all__ = ["Ball", "Bell", "Bird", "Drum", "Face", "Frog", "Pendulum", "Pinwheel"]
