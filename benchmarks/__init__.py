"""Measurements, each writing its table to `docs/`: run them by hand, they are not tests.

quality.py    how right the answers are, on real data and on the demo federation
wording.py    which texts a preview flags
twins.py      entries on the same thing: how many are found, in a brain and at import
demo.py       the demo federation's questions, and how a reply to one is judged
index.py      the coded index against the exact one
console.py    every page of the console at the size of a country, made up by installation.py
live.py       consoles that are open while visitors ask
pages.py      where it is written
reference.py  makes the calibrator's packaged reference rows
"""
