"""What the end-to-end cases stand on: a private federation, and a stranger's view of its protocol."""
