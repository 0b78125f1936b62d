"""Rasa's REST channel: front ends written for a Rasa bot, and bots that run on Rasa.

    POST /adapters/rasa/{body}/webhooks/rest/webhook   {"sender","message","metadata"} -> messages
    GET  /adapters/rasa/{body}/webhooks/rest/          {"status":"ok"}

`adapter.py` has the routes and what a message means, `messages.py` a reply as Rasa's messages,
`calling.py` how a Rasa bot is asked, `shapes.py` what goes over the wire.

A button's payload is Rasa's short form of an intent, `/choice{"id":".."}`: front ends send it
back as the message, whatever is in it; its title does as well. A message has `text`, which all
front ends show, and beside it, as Rasa's own for JSON, `custom`: our whole reply under `samsvar`.

Source: the channel `rest` of Rasa Open Source 3, its `CollectingOutputChannel`, and
`ErrorResponse` of its server.
"""
