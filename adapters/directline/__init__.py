"""Bot Framework's Direct Line 3.0: Web Chat and its clients talk to bodies' bots, and we to bots
on Azure.

    new DirectLine({domain: "https://samsvar.example/adapters/directline/bergen/v3/directline",
                    token, webSocket: false})

Served: `adapter.py` has the routes, `tokens.py` who may use which conversation,
`activities.py` a conversation as activities, `heard.py` what a client's activity
says. Called: `calling.py` takes a question to a bot and waits for what it says,
`replies.py` knows when it has said it all, `reading.py` makes its activities a
`Told`. `shapes.py` is what goes over the wire both ways.

A caller may say under `samsvar` in a message's channel data who asks and which bodies
the message has passed, `{"sender": "nav", "via": ["nav"]}`; a bot's message has its
whole `Reply` there.

Clients poll; there is no stream. A watermark is how many activities have been
seen, and activities are made from the turns that are stored, so both survive a
restart.

Source: the published reference of Direct Line API 3.0, the Bot Framework's activity
schema, and the client `botframework-directlinejs` 0.15.
"""
