//! Numbers as lists write them, read without floating point.

/// `digits[.digits]` times ten to the power of `places`; `None` for anything else, for a remainder that is not
/// zero, and for numbers over 64 bits.
pub(super) fn decimal(text: &str, places: u32) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let (kept, beyond) = fraction.split_at(fraction.len().min(places as usize));
    if beyond.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let scaled = whole.parse::<u64>().ok()?.checked_mul(10_u64.checked_pow(places)?)?;
    let missing = places - u32::try_from(kept.len()).ok()?;
    let fraction = if kept.is_empty() { 0 } else { kept.parse::<u64>().ok()? * 10_u64.pow(missing) };
    scaled.checked_add(fraction)
}

/// Megahertz as hertz, between 25 MHz and 6 GHz.
pub(super) fn megahertz(text: &str) -> Option<u64> {
    decimal(text, 6).filter(|hertz| (25_000_000..=6_000_000_000).contains(hertz))
}

/// A flag as logs write it; nothing counts as no.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "" | "0" | "no" | "n" | "false" => Some(false),
        "1" | "yes" | "y" | "true" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_decimals_exactly() {
        assert_eq!(decimal("774.293750", 6), Some(774_293_750));
        assert_eq!(decimal("2.41", 6), Some(2_410_000));
        assert_eq!(decimal("17", 3), Some(17_000));
        assert_eq!(decimal("1.", 1), Some(10));
        assert_eq!(decimal("1.0000000000", 2), Some(100));
        for wrong in ["", ".5", "-1", "1e3", "1.2.3", "1.001", "99999999999999999999", "1 "] {
            assert_eq!(decimal(wrong, 2), None, "{wrong}");
        }
    }

    #[test]
    fn frequencies_have_plausible_bounds() {
        assert_eq!(megahertz("851.0125"), Some(851_012_500));
        assert_eq!(megahertz("851012500"), None);
        assert_eq!(megahertz("0.851"), None);
    }
}
