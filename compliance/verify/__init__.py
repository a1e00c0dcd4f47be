"""The offline verifier. `verify.py` goes into every pack as it is, so it imports nothing of Muster."""
