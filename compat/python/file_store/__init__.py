"""Folders of MLflow's file store: what is put there, by whom, and what is asked about it."""
