"""The shared knowledge: bodies, entries, facts, gaps; their rules, storage, import and export.

    model           the structs everything here speaks in
    errors          what can go wrong, as a tree

    store           the way in: every save, checked, embedded and written in one transaction
    checks          what a save refuses, and what the text says then
    templates       answers with facts in them
    rendering       Markdown to cleaned HTML, or to plain text
    formats/        files in and out: JSON Lines, FAQPage, spreadsheets, other systems' exports

    knowledge/      the way out: one node's view in memory, kept up by the change feed
    gaps            what nobody could answer, gathered from all bodies; clusters says what is alike

    broadcasts      notices: which show where, and when that changes next
    connections     how the bots of other bodies are reached
    database        transactions on SQLite or PostgreSQL, and their errors in plain words
    tables          the tables; migrations/ builds them
    changes         the change feed: every change takes the next number
    documents       bodies, facts and the like as rows of JSON; codec turns them into it
    pages           lists that come a page at a time; tokens: secrets hashed and compared
    bodies entries notes local_answers facts remits usage vectors keys conversations
    foreign referrals people sessions attempts secrets audit imports asked conflicts counters
    peers signing cards kept_forms
                    one kind of row each: plain functions over a transaction

A change goes: store checks it and encodes its texts, writes rows, vectors and
a line of the change feed in one transaction; every node's `Knowledge` reads
the feed from where it was and puts what changed into its matcher.
"""
