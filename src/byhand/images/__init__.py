"""A drawing or a photo → an image such as the network has learned from."""
