"""Long work beside the server's own loop, in processes that can be ended at any moment."""
