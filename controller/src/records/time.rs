//! A time on the command line.

/// Microseconds since 1970 of a date, of a date and time in UTC, or of their own number.
///
/// # Errors
/// What a time looks like.
pub fn wall_time(text: &str) -> Result<u64, &'static str> {
    const EXPECTED: &str = "a time is 2026-11-29, 2026-11-29T18:05:00Z, or microseconds since 1970";
    if text.bytes().all(|octet| octet.is_ascii_digit()) {
        return text.parse().map_err(|_| EXPECTED);
    }
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let numbers = |text: &str, between: char| -> Option<[u64; 3]> {
        let parts: Option<Vec<u64>> = text.split(between).map(|part| part.parse().ok()).collect();
        parts?.try_into().ok()
    };
    let [year, month, day] = numbers(date, '-').ok_or(EXPECTED)?;
    let [hour, minute, second] =
        time.strip_suffix('Z').and_then(|time| numbers(time, ':')).ok_or(EXPECTED)?;
    if !(1970..=9999).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return Err(EXPECTED);
    }
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let february = if is_leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month).ok().and_then(|month| month.checked_sub(1)).ok_or(EXPECTED)?;
    let days = *months.get(before).ok_or(EXPECTED)?;
    if !(1..=days).contains(&day) {
        return Err(EXPECTED);
    }
    let years: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let days = years + months[..before].iter().sum::<u64>() + day - 1;
    Ok((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::wall_time;

    #[test]
    fn dates_times_and_numbers_are_times() {
        assert_eq!(wall_time("1970-01-01"), Ok(0));
        assert_eq!(wall_time("2024-02-29T23:59:59Z"), Ok(1_709_251_199_000_000));
        assert_eq!(wall_time("2026-11-29"), Ok(1_795_910_400_000_000));
        assert_eq!(wall_time("1795910400000000"), Ok(1_795_910_400_000_000));
        for bad in [
            "",
            "2026-13-01",
            "2026-00-01",
            "2025-02-29",
            "2026-11-29T24:00:00Z",
            "2026-11-29T18:00:00",
            "now",
            "-1",
            "2026-11-29T1:2Z",
        ] {
            assert!(wall_time(bad).is_err() || bad.is_empty(), "{bad}");
        }
        assert!(wall_time("").is_err());
    }
}
