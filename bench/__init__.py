"""What golive costs, measured side by side: `make bench`."""
