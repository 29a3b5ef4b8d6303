"""The ink of one digit, in a picture that has grain, shadows, specks and parts of neighbours too."""
