"""How each kind of agent is started and understood."""
