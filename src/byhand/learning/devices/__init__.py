"""What PyTorch does for a training where it works: which device that is, recordings, and images drawn there."""
