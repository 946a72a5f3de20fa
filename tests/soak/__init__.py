"""What takes longer than tests may: many random schedules, and many faults of real processes, measured."""
