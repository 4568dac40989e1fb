"""The `golive` command: an HTTP client of the API, and `golive up`, the embedded supervisor."""
