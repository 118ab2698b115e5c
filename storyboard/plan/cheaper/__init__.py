"""Ways to pay less for the same film: a kind of advice a file, over what is bought once."""
