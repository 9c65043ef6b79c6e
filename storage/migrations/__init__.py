"""The schema's history, one file per step; shipped inside the wheel and run by ``storage.migrate``."""
