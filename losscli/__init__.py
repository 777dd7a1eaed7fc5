"""losscli: classification losses and their gradients at the command line."""

__version__ = "0.1.0"
