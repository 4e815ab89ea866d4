//! Faults: which parts of the network do not work, and what becomes of what they carried (docs/resilience.md 14.2).

mod slots;
