"""The rules alone: no Temporal, no SQL, no clock but the test's."""
