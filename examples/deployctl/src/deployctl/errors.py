"""The one exception that ends a command with a message instead of a traceback."""


class DeployError(Exception):
    """Something outside of this program is not as it must be."""
