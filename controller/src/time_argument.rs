//! A time as people write it on the command line: seconds since 1970, or back from now.

/// A time that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Seconds since 1970.
    At(u64),
    /// So many seconds ago.
    Back(u64),
}

impl Time {
    /// Seconds since 1970.
    pub fn seconds(self, now_s: u64) -> u64 {
        match self {
            Self::At(seconds) => seconds,
            Self::Back(seconds) => now_s.saturating_sub(seconds),
        }
    }
}

/// A time as people write it.
pub fn time(text: &str) -> Result<Time, &'static str> {
    const WRONG: &str = "a time is seconds since 1970, or back from now as -90m, -2h or -3d";
    let Some(back) = text.strip_prefix('-') else { return text.parse().map(Time::At).map_err(|_| WRONG) };
    let (number, unit) = back.split_at(back.len().saturating_sub(1));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(WRONG),
    };
    let number: u64 = number.parse().map_err(|_| WRONG)?;
    number.checked_mul(seconds).map(Time::Back).ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_or_back_from_now() {
        assert_eq!(time("1700000000"), Ok(Time::At(1_700_000_000)));
        assert_eq!(time("-2h").map(|time| time.seconds(10_000)), Ok(2_800));
        assert_eq!(time("-3d").map(|time| time.seconds(10_000)), Ok(0));
        for wrong in ["", "-", "-h", "2h", "-2w", "-99999999999999999999d", "-9999999999999999999d"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
