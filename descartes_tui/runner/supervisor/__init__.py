"""The process that decides: one per session, found through a socket."""
