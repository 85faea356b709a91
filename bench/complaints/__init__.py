"""Complaints by the million: how they are built, and what using them costs then."""
