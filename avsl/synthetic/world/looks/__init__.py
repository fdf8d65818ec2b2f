"""How each class of the world looks."""

from avsl.synthetic.world.looks.draw import LookDial, Looks, draw_looks, sprites

__all__ = ["LookDial", "Looks", "draw_looks", "sprites"]
