"""The vocabulary and the rules of a go-live: plain data and pure functions.

Nothing here reads a clock, a file, the network or a random number, so the same code decides in the
workflow, in tests, in rehearsals and in forecasts.
"""
