"""The nouns of the house and their state machines: frozen, typed, without any input or output."""
