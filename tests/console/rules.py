"""Who may use each route of the application: the table that `test_every_route` walks by.

Add a route's line to the group of those who may use it on what is theirs. The
console's pages and the API's routes have the same groups:

    OPEN       everybody, also without a key or a session
    VISITOR    whoever holds the conversation's token; no key and no person
    SIGNED_IN  any person who is signed in
    READ       readers, agents, editors, curators; a body's own see what is theirs
    READ_ALL   those who read a whole brain, not one body's
    WRITE      editors of what is their own, and curators
    CURATE     curators of the brain
    ADMIN      administrators
"""

from __future__ import annotations

import functools

OPEN = {"anonymous", "partner", "reader", "agent", "editor", "curator", "admin"}
VISITOR = {"visitor"}
SIGNED_IN = OPEN - {"anonymous", "partner"}
READ = SIGNED_IN
READ_ALL = {"reader", "curator", "admin"}
WRITE = {"editor", "curator", "admin"}
CURATE = {"curator", "admin"}
ADMIN = {"admin"}

TABLE: list[tuple[set[str], str]] = [
    (
        OPEN,
        """
        GET /
        GET /docs
        GET /healthz
        GET /metrics
        GET /readyz
        GET /schema
        GET /schema/openapi.json
        GET /schema/{path}
        POST /v1/ask
        GET /v1/bodies
        GET /v1/bodies/{slug}
        GET /v1/bodies/{slug}/broadcasts
        GET /v1/bodies/{slug}/popular
        POST /v1/conversations
        POST /v1/route
        POST /console/preferences
        GET /console/set-password/{link}
        POST /console/set-password/{link}
        GET /console/sign-in
        POST /console/sign-in
        GET /console/sign-in/callback
        GET /console/sign-in/provider
        GET /console/static/{digest}/{file_path}
        """,
    ),
    (
        VISITOR,
        """
        DELETE /v1/conversations/{conversation}
        GET /v1/conversations/{conversation}
        GET /v1/conversations/{conversation}/events
        POST /v1/conversations/{conversation}/feedback
        POST /v1/conversations/{conversation}/handover
        PUT /v1/conversations/{conversation}/language
        POST /v1/conversations/{conversation}/messages
        GET /v1/conversations/{conversation}/transcript
        """,
    ),
    (
        SIGNED_IN,
        """
        GET /console
        GET /console/account
        POST /console/account
        POST /console/account/password
        POST /console/account/sign-out-everywhere
        GET /console/bodies
        GET /console/brains
        GET /console/events
        GET /console/jobs/{job}
        GET /console/jobs/{job}/state
        GET /console/kept/{token}
        GET /console/search
        POST /console/sign-out
        GET /console/{rest}
        """,
    ),
    (
        ADMIN,
        """
        PUT /v1/bodies/{slug}
        POST /console/bodies
        GET /console/bodies/new
        POST /console/bodies/{slug}/restore-settings
        POST /console/bodies/{slug}/settings
        GET /v1/connections
        DELETE /v1/connections/{slug}
        GET /v1/connections/{slug}
        PUT /v1/connections/{slug}
        POST /v1/connections/{slug}/try
        POST /console/confirmed/remove
        GET /console/federation
        GET /console/federation/new
        POST /console/federation/new
        GET /console/federation/{slug}
        POST /console/federation/{slug}/disable
        GET /console/federation/{slug}/edit
        POST /console/federation/{slug}/edit
        POST /console/federation/{slug}/enable
        POST /console/federation/{slug}/read
        POST /console/federation/{slug}/remove
        POST /console/federation/{slug}/try
        POST /console/peers/accept
        POST /console/peers/off
        POST /console/peers/on
        GET /console/keys
        POST /console/keys
        POST /console/keys/{key_id}/revoke
        GET /console/people
        GET /console/people/new
        POST /console/people/new
        GET /console/people/{person_id}
        POST /console/people/{person_id}
        POST /console/people/{person_id}/disable
        POST /console/people/{person_id}/enable
        POST /console/people/{person_id}/link
        """,
    ),
    (
        WRITE,
        """
        PATCH /v1/bodies/{slug}
        DELETE /v1/bodies/{slug}/confirmed
        PUT /v1/bodies/{slug}/facts
        POST /v1/brains/{brain}/broadcasts
        DELETE /v1/brains/{brain}/broadcasts/{broadcast}
        PUT /v1/brains/{brain}/broadcasts/{broadcast}
        PUT /v1/brains/{brain}/entries/{entry}
        DELETE /v1/brains/{brain}/entries/{entry}/local-answers/{audience}
        PUT /v1/brains/{brain}/entries/{entry}/local-answers/{audience}
        POST /v1/brains/{brain}/entries/{entry}/local-answers/{audience}/preview
        POST /v1/brains/{brain}/entries/{entry}/submit
        GET /console/audit
        GET /console/audit/export
        POST /console/bodies/{slug}
        GET /console/bodies/{slug}/facts/{key}
        POST /console/bodies/{slug}/facts/{key}
        POST /console/bodies/{slug}/restore
        POST /console/brains/{brain}/broadcasts
        GET /console/brains/{brain}/broadcasts/new
        GET /console/brains/{brain}/broadcasts/{broadcast}
        POST /console/brains/{brain}/broadcasts/{broadcast}
        POST /console/brains/{brain}/broadcasts/{broadcast}/delete
        POST /console/brains/{brain}/broadcasts/{broadcast}/restore
        POST /console/brains/{brain}/broadcasts/{broadcast}/withdraw
        POST /console/brains/{brain}/entries/{entry}/comment
        POST /console/brains/{brain}/entries/{entry}/discard
        GET /console/brains/{brain}/entries/{entry}/edit
        POST /console/brains/{brain}/entries/{entry}/edit
        POST /console/brains/{brain}/entries/{entry}/restore
        POST /console/brains/{brain}/entries/{entry}/submit
        POST /console/brains/{brain}/entries/{entry}/undo
        POST /console/brains/{brain}/entries/{entry}/withdraw
        GET /console/brains/{brain}/facts-import
        POST /console/brains/{brain}/facts-import
        POST /console/brains/{brain}/facts-import/confirm
        GET /console/brains/{brain}/imports
        POST /console/brains/{brain}/imports
        GET /console/brains/{brain}/imports/{import_id}
        POST /console/brains/{brain}/imports/{import_id}/choices
        POST /console/brains/{brain}/imports/{import_id}/confirm
        POST /console/brains/{brain}/imports/{import_id}/discard
        POST /console/brains/{brain}/imports/{import_id}/undo
        GET /console/brains/{brain}/local-answers/new
        POST /console/brains/{brain}/local-answers/{audience}/{entry}
        GET /console/brains/{brain}/local-answers/{audience}/{entry}/publish
        POST /console/brains/{brain}/local-answers/{audience}/{entry}/publish
        POST /console/brains/{brain}/local-answers/{audience}/{entry}/remove
        POST /console/brains/{brain}/review/read-own
        POST /console/brains/{brain}/local-answers/{audience}/{entry}/still-right
        POST /console/brains/{brain}/local-answers/{audience}/{entry}/undo
        GET /console/brains/{brain}/new-entry
        POST /console/brains/{brain}/new-entry
        GET /console/brains/{brain}/review
        POST /console/brains/{brain}/writing
        """,
    ),
    (
        READ,
        """
        GET /v1/bodies/{slug}/confirmed
        GET /v1/bodies/{slug}/facts
        GET /v1/bodies/{slug}/missing-facts
        GET /v1/brains/{brain}/broadcasts
        GET /v1/brains/{brain}/entries
        GET /v1/brains/{brain}/entries/{entry}
        GET /v1/brains/{brain}/entries/{entry}/local-answers
        GET /v1/brains/{brain}/entries/{entry}/local-answers/{audience}
        GET /v1/brains/{brain}/entries/{entry}/notes
        GET /v1/brains/{brain}/entries/{entry}/revisions
        GET /v1/brains/{brain}/gaps
        GET /v1/brains/{brain}/gaps/overview
        GET /v1/brains/{brain}/gaps/{gap}
        GET /v1/brains/{brain}/gaps/{gap}/questions
        GET /v1/brains/{brain}/local-answers
        GET /console/bodies/{slug}
        GET /console/bodies/{slug}/facts
        GET /console/brains/{brain}
        GET /console/brains/{brain}/ask-as
        GET /console/brains/{brain}/broadcasts
        GET /console/brains/{brain}/entries
        GET /console/brains/{brain}/entries/{entry}
        GET /console/brains/{brain}/entries/{entry}/history
        GET /console/brains/{brain}/facts
        GET /console/brains/{brain}/facts.csv
        GET /console/brains/{brain}/facts/{key}
        GET /console/brains/{brain}/gaps
        GET /console/brains/{brain}/gaps/{gap}
        GET /console/brains/{brain}/local-answers
        GET /console/brains/{brain}/local-answers/{audience}/{entry}
        """,
    ),
    (
        CURATE,
        """
        POST /v1/brains/{brain}/entries/{entry}/preview
        POST /v1/brains/{brain}/entries/{entry}/publish
        POST /v1/brains/{brain}/entries/{entry}/restore
        POST /v1/brains/{brain}/entries/{entry}/retire
        POST /v1/brains/{brain}/entries/{entry}/return
        POST /v1/brains/{brain}/gaps/{gap}/answer
        POST /v1/brains/{brain}/gaps/{gap}/ask-again
        POST /v1/brains/{brain}/gaps/{gap}/assign
        POST /v1/brains/{brain}/gaps/{gap}/dismiss
        POST /v1/brains/{brain}/gaps/{gap}/facts
        POST /v1/brains/{brain}/gaps/{gap}/forward
        POST /v1/brains/{brain}/gaps/{gap}/local-answer
        POST /v1/brains/{brain}/gaps/{gap}/merge
        POST /v1/brains/{brain}/gaps/{gap}/phrasing
        POST /v1/brains/{brain}/gaps/{gap}/rename
        POST /v1/brains/{brain}/gaps/{gap}/reopen
        POST /v1/brains/{brain}/gaps/{gap}/snooze
        POST /v1/brains/{brain}/gaps/{gap}/split
        POST /v1/brains/{brain}/gaps/{gap}/unmerge
        POST /v1/brains/{brain}/import
        GET /console/brains/{brain}/conflicts
        POST /console/brains/{brain}/conflicts/accept
        POST /console/brains/{brain}/conflicts/find
        POST /console/brains/{brain}/conflicts/merge
        POST /console/brains/{brain}/conflicts/reopen
        POST /console/brains/{brain}/entries/{entry}/preview
        GET /console/brains/{brain}/entries/{entry}/publish
        POST /console/brains/{brain}/entries/{entry}/publish
        POST /console/brains/{brain}/entries/{entry}/return
        POST /console/brains/{brain}/review/read
        POST /console/brains/{brain}/review/read-together
        POST /console/brains/{brain}/facts/{key}/label
        GET /console/brains/{brain}/gaps/{gap}/answer
        POST /console/brains/{brain}/gaps/{gap}/answer/fact
        POST /console/brains/{brain}/gaps/{gap}/answer/local
        GET /console/brains/{brain}/gaps/{gap}/answer/look
        POST /console/brains/{brain}/gaps/{gap}/answer/publish
        POST /console/brains/{brain}/gaps/{gap}/answer/try
        POST /console/brains/{brain}/gaps/{gap}/answer/undo
        POST /console/brains/{brain}/gaps/{gap}/ask-again
        POST /console/brains/{brain}/gaps/{gap}/assign
        POST /console/brains/{brain}/gaps/{gap}/dismiss
        POST /console/brains/{brain}/gaps/{gap}/forward
        POST /console/brains/{brain}/gaps/{gap}/merge
        POST /console/brains/{brain}/gaps/{gap}/rename
        POST /console/brains/{brain}/gaps/{gap}/reopen
        GET /console/brains/{brain}/gaps/{gap}/result
        POST /console/brains/{brain}/gaps/{gap}/snooze
        POST /console/brains/{brain}/gaps/{gap}/split
        POST /console/brains/{brain}/gaps/{gap}/unmerge
        POST /console/brains/{brain}/several-gaps/assign
        POST /console/brains/{brain}/several-gaps/dismiss
        POST /console/brains/{brain}/several-gaps/forward
        POST /console/brains/{brain}/several-gaps/merge
        POST /console/brains/{brain}/several-gaps/reopen
        POST /console/brains/{brain}/several-gaps/snooze
        """,
    ),
    (
        READ_ALL,
        """
        GET /v1/brains/{brain}/export
        GET /v1/brains/{brain}/gaps/{gap}/events
        GET /v1/brains/{brain}/gaps/{gap}/similar
        """,
    ),
]


@functools.cache
def rules() -> dict[tuple[str, str], set[str]]:
    """Method and path to the kinds of holders that may use the route."""
    found: dict[tuple[str, str], set[str]] = {}
    for group, lines in TABLE:
        for line in lines.split("\n"):
            if line.strip():
                method, path = line.split()
                assert (method, path) not in found, f"{line.strip()} is in the table twice"
                found[method, path] = group
    return found
