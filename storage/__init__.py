"""What the house remembers: every row, on SQLite or Postgres; nothing outside this package speaks SQL.

``engine`` connects, ``columns`` and ``tables`` describe, ``rows`` ties each noun to its table, ``store`` is
the port, ``faults`` puts errors into words, ``migrate`` brings an older database up to date and refuses a
newer one.
"""
