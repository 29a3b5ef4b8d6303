"""The page and its server: draw, look into the network, watch it learn. Nothing here is loaded by `import byhand`."""
