"""Our own protocol, between two installations: questions with their replies as they are.

    adapter.py   what is served under /adapters/samsvar/, and how a peer is called
    shapes.py    what goes over the wire beside manifests (router.manifest) and replies

    POST ask        a question with the way it has come -> the reply
    GET  manifest   the bodies that answer there and what people ask them, a page at a time
    GET  keys       the keys that the installation signs with, a JWK set (RFC 7517)
    POST join       an introduction with an invitation -> the other's introduction

`ask` and `manifest` need a token: `Authorization: Samsvar <token>`, see
`router.federation.trust`. Errors are RFC 9457 problem details.
"""
