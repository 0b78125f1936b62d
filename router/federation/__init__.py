"""Taking a question to the body whose it is, over the protocol that its bot speaks.

referring       which partners are tried, and who speaks afterwards
exchange        one question to one partner, and its reply or failure within the time limit
breaker unknown failures cleaning
                leaving alone who fails; "I don't know"; what went wrong; what is safe to show
http            the client that reaches one partner and nobody else
connections     how partners are reached: kept, switched, opened; health: how they do
way             the bodies that a question has passed
manifests       what partners publish of themselves becomes remits
confirming      referrals that visitors confirmed become remits
peering adopting presenting
                two installations become peers; the other's bodies here; ours as others see them
trust/          keys, tokens, replays: who is believed, and what
"""
