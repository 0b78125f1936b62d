"""boost.ai's Chat API v2, both ways: front ends built for it, and partner bots on it.

    served   POST /adapters/boost/{body}/api/chat/v2           conversations
             POST /adapters/boost/{body}/api/chat_panel/v2     what a chat panel shows around them
             the same without {body}: a filter value names the body, later the conversation's id
    called   POST {address}/api/chat/v2

A front end that asks for a domain or base URL is given `https://host/adapters/boost/bergen`;
one that asks for the API's own address (`boostApiUrlBase`) is given that with `/api/chat/v2`.

    adapter     the routes, and the class
    commands    one function a command: START, POST, RESUME, ..
    elements    a reply as a response's elements; languages, dates, other bodies
    panel       CONFIG
    asking      a question taken to a partner
    shapes      what goes over the wire where we are called
    partner     what is read of a partner's answers

Source: the public sources of the vendor's mobile SDKs (Commands, Response, Config), and of
`@navikt/nav-chatbot` 2.5.13.
"""
