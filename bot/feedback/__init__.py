"""Feedback on an interview: what is measured, what a model is asked, and what of its answer is believed."""
