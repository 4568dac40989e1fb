"""How operators see the processes from outside: log lines, traces, and the telemetry of Temporal's SDK.

Shared by the API and the worker. Off by default but for plain log lines.
"""
