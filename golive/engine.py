"""The version of the rules. It is stamped into a run at its start and raised at continue-as-new.

A change of the rules that would change what a running history does is branched on it.
"""

ENGINE = 1
