"""A poetry plug-in: one executable file, by Snakecrate."""
