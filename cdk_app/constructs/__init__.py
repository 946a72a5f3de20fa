"""The parts of the deployment, one idea a module: typed keyword arguments in, what was made as attributes."""
