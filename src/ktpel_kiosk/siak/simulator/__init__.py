"""A gateway to practise and test against: the whole contract, its own durable store, scripted faults. Never in production."""
