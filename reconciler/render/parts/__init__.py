"""What every rendering is put together from."""
