"""Taking a question to the body whose it is, over the protocol that its bot speaks."""
