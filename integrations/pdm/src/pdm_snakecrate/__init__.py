"""A pdm plug-in: one executable file, by Snakecrate."""
