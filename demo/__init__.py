"""A whole go-live to look at: a small web server that serves by weights, load, and people who act."""
