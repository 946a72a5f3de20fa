"""The three stacks: what they hold and hand to one another. They only compose constructs."""
