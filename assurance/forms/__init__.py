"""What people send us: forms validate and normalise, and never touch the database."""
