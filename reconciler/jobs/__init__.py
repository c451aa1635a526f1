"""Jobs of connections: started, watched, told of."""
