"""The verbs of the command line; none of them loads Textual, but for the one that opens the screen."""
