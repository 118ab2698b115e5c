"""What was bought: intents and takes in an embedded database, and the clips by content."""
