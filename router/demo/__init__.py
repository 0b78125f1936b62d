"""The demo federation: content written for this project, and two example websites."""
