"""OpenAI's chat completions: any program written for them can ask a body's bot.

    client = OpenAI(base_url="https://samsvar.example/adapters/openai/v1", api_key="smsv_..")
    client.chat.completions.create(model="bergen", messages=[{"role": "user", "content": ".."}])

The model is the body's slug. `adapter.py` has the routes, `shapes.py` what goes
over the wire, `memory.py` how a conversation is known again: the protocol sends
the whole history each time and names no conversation.

Source: the published API reference of chat completions, and its Python client 3.x.
"""
