//! Words of registration beside its messages: what a blank radio is given, and what becomes of a cloned identity
//! (docs/services.md 13.2).

use serde::{Deserialize, Serialize};

use crate::field::record;
use crate::identity::Imsi;
use crate::proof::Seal;

record! {
    /// What a radio that named its equipment alone is given with its individual id, to keep.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct Subscription {
        /// Its subscription, where it has one.
        pub imsi: Option<Imsi>,
        /// Shows that its own network says so (clause 9.6).
        pub seal: Seal,
    }
}

/// What becomes of the two holders of one identity (docs/services.md 13.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClonePolicy {
    /// The one that registered last is served.
    #[default]
    Replace,
    /// The one that was registered first stays.
    Keep,
    /// Neither is served for a while.
    RefuseBoth,
}

impl ClonePolicy {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::Replace, Self::Keep, Self::RefuseBoth];

    /// What operators read of its outcome.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Replace => "the later one is served",
            Self::Keep => "the earlier one is served",
            Self::RefuseBoth => "neither is served",
        }
    }
}
