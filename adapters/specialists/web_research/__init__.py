"""A researcher of the web: a model with four tools in a bounded loop, and code that checks what it says.

entry        from frontdesk.toml to its settings
settings     what the operator decides once for all runs
specialist   starts a run, says whether it is fit
run          the Run port
research     one question: loop, last words, check, one repair, report
tools        web_search, web_fetch, note, ask_person, and nothing else
asking       a question to the person; the run parks when nobody answers in time
telling      events on their way to whoever stores them
progress     what its card shows
bounds       what a run may use, and how near it is to that
notebook     what a session knows: pages and notes from rows, the rest from lines of its own
thinking     the model: the one file here that knows pydantic-ai
reporting    what people read

::

    question ──▶ loop of searches, pages, notes ──▶ draft ──▶ verified? ──▶ report
                  │ a bound is reached, time is up      │ no: one repair, then what is not true goes
                  └──────▶ one call without tools ──────┘

It runs in the house's own process, and can do no more than ask public pages, the engines of the file, and its
person.
"""
