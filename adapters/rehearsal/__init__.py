"""Honest stand-ins on loopback: the demo, the tests and strangers' adapters meet what the platforms do."""
