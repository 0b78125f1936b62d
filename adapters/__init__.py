"""One file or folder a protocol: how websites and partner bots reach us, and we reach bots.

    widget/         the website widget: two lines of HTML
    samsvar/        our own protocol, between two installations
    a2a/            A2A 1.0 and 0.3, between agents, in both directions
    boost/          boost.ai's Chat API v2, in both directions
    openai_chat/    OpenAI's chat completions, for any program written for them
    directline/     Bot Framework's Direct Line 3.0: Web Chat and its clients, and bots on Azure
    mcp/            the Model Context Protocol, for assistants
    openfloor/      Open Floor 1.1: agents around a conversational floor, in both directions
    rasa/           Rasa's REST channel: front ends for Rasa bots, and the bots themselves
    plain           replies for protocols that carry text alone
    ours            our own reply inside another protocol, read whole

An adapter knows the public message types (`router.messages`) and what it is
given (`router.adapters`), and nothing else of the router. That its file is here is
enough: `docs/adapters.md` is the guide to writing one.
"""
