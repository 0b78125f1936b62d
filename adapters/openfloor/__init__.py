"""Open Floor 1.1: agents around a conversational floor exchange envelopes of events.

    POST /adapters/openfloor/{body}     one envelope in, one envelope out

`adapter.py` has the route and the two calls, `floor.py` what we do on each event,
`identity.py` by which URIs a body is known, `utterances.py` what is said, both ways,
`manifests.py` what a body can do and whose question something is, `calling.py` how a
partner is asked, `shapes.py` what goes over the wire.

Dialog events carry a feature of our own beside `text` and `html`: `samsvar`, with the
whole reply (ours) or with `choice`, `language` and `via` (the caller's). Nobody needs it:
options stand numbered in the text, and their number or label is understood.

Source: Open Floor Inter-Agent Message Specification 1.1.0, Dialog Event Object 1.0.2,
Assistant Manifest 1.0.1, of the Open Voice Interoperability Initiative.
"""
