"""The HTTP API: authenticates people, signs and sends their acts to the runs, and reads SQL.

It never writes a task, an approval or a stage: the run's workflow is their only writer.
"""
