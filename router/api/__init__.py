"""The HTTP API, version 1: one file a noun.

app.py            the application put together: `create_app`
conversations.py  a visitor's conversation, from start to erasure
ask.py            one stateless question; whose question is it?
bodies.py         the organisations, and what they are asked most
confirmed.py      what visitors have shown to be a body's questions
connections.py    how other bodies' bots are reached, how they do, trying one
facts.py          a body's own values
broadcasts.py     notices to visitors, and what a body shows now
local_answers.py  a body's own text in place of a shared one
entries.py        a brain's entries: drafted, published, retired
previews.py       what a change would do, asked before it is made
gaps.py           what nobody could answer; gap_work.py is what else one does with it
transfer.py       import and export
health.py         /healthz and /readyz      metrics.py  /metrics
docs.py           the API described at /docs
problems.py       every error as RFC 9457 problem details
parameters.py     what the routes' parameters have in common
content.py        JSON only
read_only.py      what may be sent back as it was read
"""
