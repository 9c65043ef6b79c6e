"""The web as a specialist may see it: pages that are safe to ask for, and words that can be traced to them.

records      what a fetch leaves behind, and what a search finds
addresses    which URLs and which addresses may be asked at all
network      names to addresses and addresses to sockets: the one seam of the rehearsal
asking       one request to one checked address, its body unpacked under a cap
fetching     a page: redirects, robots, politeness and one deadline over all of it
robots       what a site asks of programs
pages, pdf   bytes become text: what a person would read, nothing hidden
missing      pages that say "not found" with status 200
searching    providers in the file's order, with the reason when one is passed over
providers    how each of them is asked; ``duckduckgo`` reads a page instead of an answer
verifying    what of an answer is true to the pages, decided by code

::

    a model's URL ──▶ addresses ──▶ network ──▶ asking ──▶ pages ──▶ a record
                          ▲                        │ 3xx
                          └────────────────────────┘

There is no setting that lets a private address through: the rehearsal's names have public addresses, and only
its network knows that these end on loopback.
"""
