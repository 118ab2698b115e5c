"""What an editor asks for and shows while a storyboard is written. `server` alone speaks the protocol."""
