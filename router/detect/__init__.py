"""What must be seen before a question is answered: a crisis, and the wish for a human.

    crisis.py          CrisisDetector: is a life or somebody's safety at stake?
    crisis_replies.py  the fixed answers to that, from replies/<language>.md
    human.py           HumanDetector: does the visitor want a human?

Both detectors are one mechanism over different files:

    folding.py         text to plain words, so that spelling matters little
    rules.py           reads and tries rules/<detector>.<topic>.rules
    taught.py          a detector and the files it is taught by
    classifier.py      rules first, then kernel ridge regression over examples/*.jsonl
    measure.py         renews measured.json, the thresholds, after the examples changed

To teach a detector something, add a line to a rule file or to the examples, then run
`python -m router.detect.measure`. Nothing else here loads an
encoder: encode `examples()` elsewhere and pass the vectors to the detector.
"""
