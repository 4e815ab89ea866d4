//! Who exists and who is where.

pub mod home;
