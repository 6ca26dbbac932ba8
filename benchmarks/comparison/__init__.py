"""How other process managers do what ours does: the same children, the same questions, asked from outside."""
