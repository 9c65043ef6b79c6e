"""Two processes that talk with people and two that work, on one Postgres; any one of them is killed.

    machines   the four processes, each ``frontdesk serve --only …`` with a state directory of its own
    crowd      people on the scripted platform: they ask for work, answer, and follow up on it
    campaign   kills and outages under load, until everybody has what they waited for; what came of it

``python -m bench.nodes`` kills one of each kind 20 times; see ``--help``.
"""
