"""The call itself: its identity, its row and outcome, cells, telephone numbers."""
