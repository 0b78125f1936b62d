"""Who may do what, from where, how often and how much.

rights.py     roles, what each may do, and where: the whole table on one page
own.py        what one body's people may do with what its brain shares
access.py     from a key in a request to the `Key` it is, and whether its holder may
guards.py     the same as Litestar guards, for routes to name what they need
sign_in.py    a person's way in: by password, by provider, by invitation; and out
passwords.py  which passwords are refused, and how they are kept and compared
attempts.py   how often one may try to sign in
oidc.py       signing in at an OpenID Connect provider
flows.py      such a sign-in under way, in the browser's cookie
signed.py     cookies that nobody but we can make
signed_in.py  the console's session: its cookie, the person behind it, strangers
kept_forms.py what comes after a session has ended, kept for whoever wrote it
audited.py    every change that succeeds becomes a line of the audit log
origins.py    from which web pages visitors may write, and the CORS replies
limits.py     how many requests a minute, by address, key and conversation
sealing.py    secrets that must be read again, stored of no use without the key
texts.py      a visitor's text: length, control characters
edge.py       what every request passes before any route: hosts, headers, log
"""
