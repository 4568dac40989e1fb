"""The documentation: its sources in two languages, and what makes pages of golive itself."""
