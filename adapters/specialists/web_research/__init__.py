"""A researcher of the web: a model with three tools in a bounded loop, and code that checks what it says.

entry        from frontdesk.toml to its settings
settings     what the operator decides once for all runs
specialist   starts a run, says whether it is fit
run          the Run port
research     one question: loop, last words, check, one repair, report
tools        web_search, web_fetch, note, and nothing else
progress     what its card shows
bounds       what a run may use, and how near it is to that
notebook     what a session has seen, said and paid, on disk before anything follows
thinking     the model: the one file here that knows pydantic-ai
reporting    what people read

::

    question ──▶ loop of searches, pages, notes ──▶ draft ──▶ verified? ──▶ report
                  │ a bound is reached, time is up      │ no: one repair, then what is not true goes
                  └──────▶ one call without tools ──────┘

It runs in the house's own process, and can do no more than ask public pages and the engines of the file.
"""
