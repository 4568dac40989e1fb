"""SQL: tables, session, migrations, every query. `record` alone writes the journal and the read model."""
