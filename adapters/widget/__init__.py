"""The website widget: a body's chatbot on its own pages, with two lines of HTML.

    <script type="module" src="https://samsvar.example/widget/v1.js"></script>
    <samsvar-chat body="bergen"></samsvar-chat>

`static/` is the widget itself, plain ES modules that need no build:

    v1.js        the custom element: panel, keys, input and menu
    talk.js      the conversation: what is sent, and what happens in it
    shown.js     what the panel shows of it: log, notices, popular questions
    panel.js     the frame: launcher, head, log, input, menu
    view.js      the messages in it, from data to DOM nodes
    client.js    calls to `/v1/conversations`, and what the browser remembers
    texts.js     the widget's own words in Bokmål, Nynorsk and English
    style.js     the looks, and the CSS properties a site may set

`adapter.py` serves them together as `/widget/v1.js`: a site loads that by name, so the address
never changes, and one request is all that it waits for.
"""
