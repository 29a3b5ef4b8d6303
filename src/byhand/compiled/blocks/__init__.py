"""Many images at a time: learned in batches, and read, by compiled loops over blocks of 64."""
