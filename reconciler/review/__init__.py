"""Pull and merge requests: which one a run is about, and the comment on it."""
