"""A file per section of the manual."""
