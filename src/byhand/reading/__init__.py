"""What stands in a picture."""
