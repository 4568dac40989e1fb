"""The embedded supervisor: starts Temporal, worker and API on one machine, and keeps them.

checks.py   what must hold before anything starts, each failure one sentence
lock.py     one supervisor per home folder
parts.py    what is started, in which order, and how each says that it is ready
child.py    one process: it dies with the supervisor, its output goes to a log
keeper.py   restarts a child that dies
stack.py    the whole, from the first check to the last process gone
"""
