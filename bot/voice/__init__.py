"""Hearing: a UDP datagram becomes 20 ms of one consenting person's voice, or is dropped while still sealed."""
