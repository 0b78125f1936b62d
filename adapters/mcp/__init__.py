"""MCP, the Model Context Protocol: assistants ask bodies' bots, and learn whose a question is.

    https://samsvar.example/adapters/mcp            every body, named in each question
    https://samsvar.example/adapters/mcp/bergen     one body's own

Streamable HTTP without sessions, in every revision of the protocol that the SDK
speaks; a key goes in `Authorization: Bearer`. `tools.py` has what can be called
and what it says, `server.py` the SDK around it, `adapter.py` the routes.

Source: the protocol's revision of 2026-07-28, and its Python SDK 2.3.
"""
