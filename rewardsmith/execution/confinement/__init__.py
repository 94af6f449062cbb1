"""What a process gives up, for good, before it runs programs that somebody else wrote."""
