"""What goes in and out over HTTP. Requests refuse unknown fields; answers hold every field they name."""
