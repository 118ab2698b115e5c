"""What nobody names any more: found, moved to a trash, and after a while gone."""
