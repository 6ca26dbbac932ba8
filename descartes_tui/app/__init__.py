"""What people meet: the screen and the command line."""
