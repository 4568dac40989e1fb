"""The pages that people read and act on: HTML on the server's side, whole without script, live with it.

A page reads what the API's routes read and acts through the same functions, so both say the same and refuse the same.
"""
