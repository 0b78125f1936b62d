"""What happens to a message, and the service around it.

messages        the public types: a Message in, a Reply out
pipeline        the way of a message, on one screen
steps/          the steps that need more than a function: acting, pressing, naming, placing, …
redact          what identifies a person is removed first
language        which language a message is in
detect/         is it a crisis, or a wish for a human?
decide          what to do, given the candidates. Pure
replies         what each outcome says, from texts/
choices         what a button's id says; state: what goes along with a message
places          which municipality a text names
popular topics  what a body is asked most; what it answers, for directories and partners
titles          what an entry is called on a button, in the visitor's language
opening         when a body's humans are there
notices         a notice in a reply: what the visitor gets of it

service         all of it put together
conversations   visitors' conversations, kept in the database
unhelpful       the question behind an answer that did not help
asked           what visitors really ask, remembered for curating
untaken         choices that nobody took become gaps
events          what happens in them, told at once
curation        entries, facts, gaps, bodies; results has what it gives back
evaluation      how good the answers are, on questions with known answers

settings        everything an operator can set
errors          what is refused here, beside what brains names
security/       keys, rights, origins, limits
api/  cli/      the HTTP API; the command samsvar
console/        the web pages where a content team works; jobs: their long work
federation/     whose question it is taken to, over which protocol, and who is believed
manifest        what installations tell each other of themselves
adapters        what an adapter is, and what it is given; desk and talk give it
installed       which adapters there are
demo/           a federation to try
"""
