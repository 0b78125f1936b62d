"""A2A, versions 1.0 and 0.3: agents ask a body's bot, and we ask theirs.

    called:   adapter -> rpc or rest (which call, which version?) -> messages -> desk -> messages
    calling:  calling (card, transport) -> told (a message or a task -> Told)

A body has a card of its own, and all of them have one together, where the tenant is the body:

    /adapters/a2a/bergen/.well-known/agent-card.json     /adapters/a2a/.well-known/agent-card.json
    POST /adapters/a2a/bergen                            JSON-RPC
    POST /adapters/a2a/bergen/message:send               HTTP+JSON, 1.0

    cards      the agent cards, readable by both versions
    adapter    the routes
    rpc        JSON-RPC of both versions: the calls, results and errors
    rest       HTTP+JSON of 1.0: the same
    messages   A2A's message into ours, our `Reply` into A2A's message
    old        0.3 from and to 1.0
    calling    `ask` and `card`
    told       what a partner's agent said

A reply is one message: its text with numbered options and sources, a data part
`{"options": [{"id", "label"}]}`, and under `samsvar` in its metadata the whole reply: outcome,
who is speaking, sources, language. An option is chosen by its number, its label, or a data part
`{"choice": id}`. A caller may say more under `samsvar` in its message's metadata:
`{"language": "nb", "via": ["nav"]}`. The contextId is the conversation. There are no tasks: a
reply is there at once.

Source: the A2A specification 1.0 and 0.3, and its Python SDK 1.3.
"""
