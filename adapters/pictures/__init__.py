"""Pictures for whoever would rather look than read; each has words that say the same."""
