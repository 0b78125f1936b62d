"""One folder a protocol: how websites and partner bots reach us.

    widget/         the website widget: two lines of HTML
    openai_chat/    OpenAI's chat completions, for any program written for them
    plain           replies for protocols that carry text alone

An adapter knows the public message types (`router.messages`) and what it is
given (`router.adapters`), and nothing else of the router.
"""
