"""The handlers of the public API, a file a collection."""
