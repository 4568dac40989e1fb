"""The post-launch report: facts of SQL told as a document, written in two languages and two formats."""
