"""OpenAI's chat completions: any program written for them can ask a body's bot.

    client = OpenAI(base_url="https://samsvar.example/adapters/openai/v1", api_key="smsv_..")
    client.chat.completions.create(model="bergen", messages=[{"role": "user", "content": ".."}])

The model is the body's slug. `adapter.py` has the routes, `shapes.py` what goes
over the wire, `written.py` a reply as a message or as its chunks, `memory.py`
how a conversation is known again: the protocol sends the whole history each
time and names no conversation. A program without a key sends no
`Authorization` at all. Settings of a language model and tools are not read;
several answers (`n`), JSON (`response_format`) and pictures are refused.

Source: the published API reference of chat completions, and its Python client 3.x.
"""
