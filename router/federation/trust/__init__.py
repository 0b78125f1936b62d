"""Trust between installations: who says it, that it was just now, to us, and these very words.

A request between installations carries a token (a JWS, RFC 7515, signed with
Ed25519, RFC 8037 and 9864) that is good for one request within a minute: it
names who sends (`iss`), to whom (`aud`), when (`iat`, `exp`), its own id
(`jti`), the method and path (`htm`, `htu`, as DPoP's, RFC 9449), and the digest
of the exact bytes of the body (`content_digest`, as RFC 9530's).

    tokens.py   making a token and checking one: pure functions over bytes, keys and a time
    keys.py     our own keys: current, next and retired; how they are changed without a pause
    gate.py     a request that comes in: which peer's it is, or a refusal that says what to change
    learning.py a peer's new keys, fetched from its registered address alone
    errors.py   every refusal, as a tree

What a token proves is which installation sends. In whose name it may speak is
in the peer's row, see `router.federation.way`.
"""
