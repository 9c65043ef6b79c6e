"""The kill test: a house is killed again and again while people write to it, and nothing may come of it.

    stage        one directory: the house's configuration, its home, the platform's journal, the projects
    house        the program that is killed: a real house on the scripted platform and specialist
    killing      one process of it: started, killed, or brought to its end; and what it left behind
    screen       what people see on the platform
    people       what they do there: they write, answer, allow, follow up, and the platform repeats them
    lanes        kills and restarts on one stage, under load, until everybody has what they waited for
    evidence     the journal, the rows and the files, once it is over
    oracle       what they say
    campaign     which kills are made on how many stages, and the sum of what came of them

``python -m bench.kill`` runs everything; with ``CRASH_AT=after_send`` it runs one point. See ``--help``.
"""
