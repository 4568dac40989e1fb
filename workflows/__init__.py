"""The processes of a go-live, and the one durable loop in which they run."""
