"""Who may do what, from where, how often and how much.

tokens.py     tokens of visitors: made, hashed, compared
rights.py     roles, what each may do, and where: the whole table on one page
access.py     from a key in a request to the `Key` it is, and whether that may
guards.py     the same as Litestar guards, for routes to name what they need
origins.py    from which web pages visitors may write, and the CORS replies
limits.py     how many requests a minute, by address, key and conversation
texts.py      a visitor's text: length, control characters
edge.py       what every request passes before any route: hosts, headers, log
"""
