"""The kinds of files that recipients come in: each is read as a stream of rows, memory flat."""
