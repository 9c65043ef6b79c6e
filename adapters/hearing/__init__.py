"""Speech becomes text."""
