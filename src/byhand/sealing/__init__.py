"""Files with a checksum over all they say, and what they may say."""
