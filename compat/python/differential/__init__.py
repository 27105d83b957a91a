"""Sequences of requests, valid and broken, that are the same for two servers, and answers made comparable.

`sequence` chooses requests, `servers` asks and compares, `meant` knows the differences that are meant; the other modules
have the calls of a noun each.
"""
