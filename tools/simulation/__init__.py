"""Many browsers at once, for measuring: what each says and sees, and what a crowd of them costs."""
