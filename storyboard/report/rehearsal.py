"""What reports say where a look-alike of fal is meant: its ledger is another one, and nobody paid."""

REHEARSED = "These are rehearsals against a look-alike of fal: nobody paid for them."
NOT_BOUGHT = "A rehearsal: what counts as bought was made by a look-alike of fal, and nobody paid for it."
