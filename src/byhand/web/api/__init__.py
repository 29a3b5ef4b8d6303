"""What can be asked of the server by HTTP, and in which form it answers."""
