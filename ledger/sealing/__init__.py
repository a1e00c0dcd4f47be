"""Sealing (evidence layer 4): one Merkle tree an organisation, signed checkpoints of it, and what proves a leaf in it.

    tree        RFC 6962 arithmetic over hashes that somebody else keeps; pure
    notes       the signed note, its key and its key line; pure
    keys        the key, from the environment or a file
    publishing  the folder of published checkpoints: written once, never again
    storing     hashes as the database keeps them
    sealer      gives entries their leaves and signs; halts where the database disagrees with what was published
    queries     checkpoints, entries, how far behind sealing is: for pages and packs
    proofs      tiles, inclusion and consistency: for packs

The bytes are docs/evidence-format.md, sections 2 to 4.
"""
