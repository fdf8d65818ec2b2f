"""Audio-visual synchrony without training: which part of the picture moves when the sound does.

``motion`` turns frames into one motion series per block, ``onsets`` turns the waveform into one
sound series, ``correlation`` compares them and says how sure it is, ``refine`` draws the map.
The lineage is Hershey & Movellan 1999, Fisher & Darrell 2004, Kidron 2005 and Izadinia 2013.
"""
