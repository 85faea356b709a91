"""What agents say and tell: scripts, government schemes, and what a category asks besides."""
