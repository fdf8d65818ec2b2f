"""The looks of every class, by name."""

from avsl.synthetic.world.looks import animals, birds, elements, music, people, tools, vehicles
from avsl.synthetic.world.looks.parts import Look

LOOKS: dict[str, Look] = (
    animals.LOOKS
    | birds.LOOKS
    | elements.LOOKS
    | music.LOOKS
    | people.LOOKS
    | tools.LOOKS
    | vehicles.LOOKS
)
