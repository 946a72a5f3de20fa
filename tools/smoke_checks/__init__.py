"""What `tools.smoke` checks of a deployment, one file for each kind of question."""
