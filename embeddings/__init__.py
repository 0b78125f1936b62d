"""Text to vectors, vectors to candidates, candidates to a probability.

Knows no body and no HTTP. What is where:

    packaged.py     builds the default model's folder from a wheel's data file
    encoder.py      any sentence-transformers model: texts to vectors, blocking
    batching.py     the same for an event loop: batched together, cached
    kept.py         vectors of the program's own texts, kept for the next new installation
    index.py        nearest phrasings by FAISS: exact when small, coded when large
    background.py   texts that nobody answers, for the calibrator
    foreign.py      whether a question is anybody's here at all
    familiar.py     how familiar a question is: what nobody here answers is not asked back about
    lexical.py      character n-grams: names, typos, dialect
    head.py         the learned scorer: a softmax head over the entries
    evidence.py     what is known of the best candidate, as a few numbers
    calibration.py  those numbers to the probability that the candidate is right
    fitting.py      fits head and calibrator on a brain's own phrasings
    stored.py       a fit kept on disk between starts
    ranking.py      the pure moves of a search: merge, gather evidence, share probabilities
    learned.py      what was learned, ready to be held
    holding.py      items under one fit: their rows, and their weights, learned when one is new
    matcher.py      all of it together: put entries in, search with a text
    edits.py        one item as it is and as it would be: what questions find either way
    matter.py       whether an answer is about something else than what is asked
    errors.py       what can go wrong

A text's way: `BatchingEncoder.encode` -> `Matcher.search` -> `Scored`.
"""
