"""People who sign in: users, roles and rights in one table, sessions, PINs."""
