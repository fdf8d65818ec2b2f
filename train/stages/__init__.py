"""The tiny CLIP path: what CLIP, CLIPSeg and BEATs were to ACL, in miniature, on the world.

Three stages make a backbone, and then it is frozen: (a) ``clip`` pictures and sentences, (b)
``decoder`` sentences and masks, (c) ``audio`` sounds and their names. The fourth, audio-visual
stage is ``train.learning.acl``: pictures and sounds alone, no text and no labels. A fifth, ``eye``,
is to the two-stream networks what ImageNet is to the papers'. As in life, the frozen parts have
seen words, masks and labels before; comparisons have to say so.

    python -m train.stages.run --out backbone
"""
