"""The papers' claims, tried in miniature: many short trainings, and what came of them.

``plan`` says which trainings a study is made of, ``run`` trains and judges what is not done yet,
``summary`` brings the seeds together into train/results/STUDY.json, ``tables`` shows those.
"""
