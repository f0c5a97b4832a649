"""A build target of hatch: one executable file, by Snakecrate."""
