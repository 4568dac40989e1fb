"""The version of the rules. It is stamped into a run at its start and raised at continue-as-new.

A change of the rules that would change what a running history does is branched on it.
"""

ENGINE = 4
AWAITS_GATES = 2
"""From this version on, whoever can open a closed gate counts as awaited in the run's search attribute."""
ENDS_STAGES_FIRST = 2
"""From this version on, the stages of a run that ends are ended before its final report, which tells how."""
CAPS_LISTS = 4
"""From this version on, there is a most of those kept informed of an approval, and of the waivers of a run."""
EXPIRES_BY_RULE = 4
"""From this version on, an expiry says which rules awaited whom, and nobody decides once it is over."""
HOLDS_UNSIGNABLE = 3
"""From this version on, a run is held when an approval is open that nobody is left to give."""
LOOKS_UP = 4
"""From this version on, the directory is asked who may sign, before decisions are asked for and before a gate opens."""
CLOSES_REQUESTS = 4
"""From this version on, whoever need not decide any more is told so: a decision closes the request in every channel."""
COMPARES_WHAT_IS_STALE = 4
"""From this version on, what changes while nobody is asked lets go of decisions on it, when they are asked again."""
NUMBERS_MESSAGES = 4
"""From this version on, messages are numbered in their run, so that no two ever have one key."""
