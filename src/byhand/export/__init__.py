"""A trained network → what other people's tools take."""
