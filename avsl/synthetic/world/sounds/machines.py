"""How horns, sirens, ringing machines, engines and wings sound.

Bells that are hammered share their chords, and the ranges of bee, drill and motorbike overlap.
"""

from avsl.synthetic.world.sounds.tones import Tone

_GONGS = ((12, 25, 33, 47), (10, 21, 28), (12, 29, 40), (10, 13, 27, 35), (12, 14, 33))

MACHINES: dict[str, Tone] = {
    "alarm clock": Tone(
        (900, 3000), pulse_hz=(10, 26), pulse=(0.35, 0.95), sharpness=(0.8, 2.5),
        chords=_GONGS, overtones=False, slope=(-9, 0), breath=(0.01, 0.2),
        breath_hz=(2500, 6000), jitter=(0, 0), scatter=(1, 1), release_s=(0.02, 0.12),
    ),
    "telephone": Tone(
        (700, 2300), pulse_hz=(13, 30), pulse=(0.25, 0.9), sharpness=(0.8, 2.2),
        chords=_GONGS, overtones=False, slope=(-9, -1), breath=(0.01, 0.15),
        breath_hz=(2500, 5500), jitter=(0, 0), scatter=(1, 1), release_s=(0.03, 0.15),
    ),
    "ambulance": Tone(
        (500, 1250), wobble_hz=(0.3, 4.5), wobble=(0.05, 0.5), edge=(0.1, 6.0),
        slope=(-16, -5), odd=(0.0, 0.6), breath=(0.01, 0.12), attack_s=(0.02, 0.06),
    ),
    "car": Tone(
        (230, 560), chords=((4, 5), (5, 6), (3, 4), (1,), (4, 5, 6)), slope=(-10, -3),
        scatter=(1, 1), breath=(0.01, 0.12), breath_hz=(600, 3500), attack_s=(0.008, 0.05),
        release_s=(0.02, 0.1), jitter=(0, 0.004), start=(-0.08, 0.0), end=(-0.08, 0.0),
    ),
    "train": Tone(
        (190, 480), chords=((8, 10, 12), (5, 6), (4, 5), (12, 15, 20), (4, 5, 6)),
        scatter=(1, 1), start=(-0.12, 0.0), end=(-0.1, 0.0), slope=(-11, -4),
        breath=(0.01, 0.4), breath_hz=(600, 3000), attack_s=(0.02, 0.1), release_s=(0.03, 0.2),
    ),
    "robot": Tone(
        (350, 2400), melody=(0.1, 1.2), start=(-0.3, 0.3), end=(-0.3, 0.3), wobble_hz=(8, 45),
        wobble=(0.0, 0.2), edge=(0.1, 5.0), slope=(-22, -5), odd=(0.0, 1.0), breath=(0, 0.04),
        attack_s=(0.004, 0.015), release_s=(0.005, 0.03), jitter=(0, 0), fade=(0.0, 1.0),
    ),
    "motorbike": Tone(
        (30, 170), wobble_hz=(0.3, 2.5), wobble=(0.01, 0.3), jitter=(0.004, 0.04),
        scatter=(0.0, 0.8), formants_hz=((250, 700, 2000),), tract=(0.5, 1.7),
        formant_width=(2.0, 6.0), floor=(0.05, 0.4), slope=(-8, -1), breath=(0.04, 0.6),
        breath_hz=(600, 4000), breath_octaves=(0.8, 2.0), pulse_hz=(0.7, 14), pulse=(0.0, 0.5),
    ),
    "helicopter": Tone(
        (40, 150), pulse_hz=(7, 20), pulse=(0.3, 1.0), sharpness=(0.8, 4.0), scatter=(0.3, 1.0),
        formants_hz=((180, 520, 1400),), tract=(0.6, 1.7), formant_width=(2.0, 6.0),
        floor=(0.05, 0.3), slope=(-8, -2), breath=(0.15, 1.5), breath_hz=(250, 2500),
        breath_octaves=(0.8, 2.0), wobble_hz=(0.3, 1.5), wobble=(0.0, 0.1),
    ),
    "drill": Tone(
        (75, 400), start=(-0.3, 0.0), wobble_hz=(0.3, 4.0), wobble=(0.01, 0.2),
        jitter=(0.004, 0.03), slope=(-8, 0), scatter=(0.2, 1.0), odd=(0.0, 0.4),
        formants_hz=((500, 1300, 3200),), tract=(0.5, 1.8), formant_width=(2.5, 6.0),
        floor=(0.08, 0.4), breath=(0.04, 0.6), breath_hz=(1200, 4500),
        pulse_hz=(0.7, 5.0), pulse=(0.0, 0.4),
    ),
    "bee": Tone(
        (95, 320), wobble_hz=(0.4, 5.0), wobble=(0.01, 0.18), jitter=(0.004, 0.03),
        pulse_hz=(0.7, 5.0), pulse=(0.0, 0.6), slope=(-8, -1), scatter=(0.2, 1.0),
        formants_hz=((400, 1000, 2700),), tract=(0.5, 1.8), formant_width=(2.5, 6.0),
        floor=(0.06, 0.4), breath=(0.02, 0.35), breath_hz=(1200, 4500), start=(-0.15, 0.0),
    ),
    "cricket": Tone(
        (2200, 5600), melody=(0, 0.1), pulse_hz=(14, 55), pulse=(0.4, 1.0), sharpness=(0.8, 3.0),
        slope=(-24, -10), breath=(0.01, 0.15), breath_hz=(2500, 5500), jitter=(0.0, 0.015),
        start=(-0.06, 0.06), end=(-0.06, 0.06),
    ),
    "saw": Tone(
        (55, 200), start=(-0.5, -0.05), middle=(0.0, 0.3), end=(-0.6, 0.0), scatter=(0.3, 1.0),
        formants_hz=((1200, 2500, 4200),), tract=(0.6, 1.4), formant_width=(2.0, 6.0),
        floor=(0.1, 0.4), slope=(-4, 1), tone=(0.2, 1.0), breath=(0.2, 1.2),
        breath_hz=(1200, 4500), attack_s=(0.015, 0.08), release_s=(0.03, 0.14), jitter=(0, 0.05),
    ),
}  # fmt: skip
