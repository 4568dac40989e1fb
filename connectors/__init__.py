"""Clients of other systems, one file each, behind small protocols."""
