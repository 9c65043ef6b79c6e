"""Programs the house starts for a specialist: what they may see, how they are started, read and ended.

environment   an allow-list, never the house's own
launcher      the file that a specialist executes; it starts ``supervisor``
supervisor    stays beside the program, adopts what that leaves behind, ends it with the house
channel       on which the supervisor says to the house that a limit was passed
watching      what a run uses, seen by its supervisor; ``resources`` is what it may use
process       identities that survive a restart, and the end of whole process trees
output        reading with bounded memory
house         what the house does to itself so that its children learn nothing from it
"""
