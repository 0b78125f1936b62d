"""The steps of a message that need more than a function; `router/pipeline.py` takes them in order.

retrieving      the candidates for a question, and the one that a button names
acting          carries a decision out: answers, asks, refers, flags
pressing        a button was pressed
noticing        the notice that shows now and is about what is asked
naming          the municipality that a question names
placing         the municipality that a reply names, where one was asked for
recording       what is written down: gaps, missing facts, what was asked
"""
