"""What an editor shows of a storyboard while it is written. `server` alone speaks the protocol; the rest are values."""
