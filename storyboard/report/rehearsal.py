"""What reports say where a look-alike of fal is meant: its ledger is another one, and nobody paid."""

REHEARSED = "These are rehearsals against a look-alike of fal: nobody paid for them."
NOT_BOUGHT = "What was bought was bought of a look-alike of fal, not of fal itself: nobody paid for it."
