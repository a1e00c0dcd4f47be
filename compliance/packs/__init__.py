"""Making evidence packs (docs/evidence-format.md, section 5): a folder is filled, made a bag, and packed to the same bytes each time."""
