//! How a sentence is read: words that stand for themselves, and `{slots}` for what varies.

use trunklab_protocol::operator::AlarmKind;
use trunklab_protocol::{
    AreaId, CarrierNumber, Cause, Position, SiteId, Span, StatusNumber, TalkgroupId, UnitId,
};

use super::nearest::distance;

/// Units that one sentence may name.
pub(super) const UNITS_MAX: u32 = 10_000;

/// What stood in a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Units(Vec<UnitId>),
    Site(SiteId),
    Talkgroup(TalkgroupId),
    Talkgroups(Vec<TalkgroupId>),
    Area(AreaId),
    Carrier(CarrierNumber),
    Span(Span),
    Cause(Cause),
    File(String),
    Number(u16),
    Status(StatusNumber),
    Place(Position),
    Alarm(AlarmKind),
}

/// The values of a sentence, in order of their slots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Values(pub(super) Vec<Value>);

macro_rules! accessors {
    ($($name:ident -> $type:ty: $variant:ident;)*) => {$(
        pub(super) fn $name(&self) -> $type {
            self.0
                .iter()
                .find_map(|value| if let Value::$variant(value) = value { Some(value.clone()) } else { None })
                .expect("the sentence's pattern has this slot")
        }
    )*};
}

impl Values {
    accessors! {
        site -> SiteId: Site;
        talkgroup -> TalkgroupId: Talkgroup;
        talkgroups -> Vec<TalkgroupId>: Talkgroups;
        area -> AreaId: Area;
        carrier -> CarrierNumber: Carrier;
        span -> Span: Span;
        cause -> Cause: Cause;
        file -> String: File;
        number -> u16: Number;
        status -> StatusNumber: Status;
        place -> Position: Place;
        alarm -> AlarmKind: Alarm;
        units -> Vec<UnitId>: Units;
    }

    /// The last unit that is named, for sentences about two.
    pub(super) fn other(&self) -> UnitId {
        let named =
            self.0.iter().rev().find_map(|value| {
                if let Value::Units(units) = value { units.first().copied() } else { None }
            });
        named.expect("the sentence's pattern has two units")
    }
}

/// Splits a sentence into words; what stands between quotes is one word, with its quotes.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for letter in text.chars() {
        if letter == '"' {
            quoted = !quoted;
        }
        if letter.is_whitespace() && !quoted {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else {
            word.push(letter);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Reads words by a pattern; `None` where they do not fit.
pub(super) fn read(pattern: &str, words: &[String]) -> Option<Values> {
    let mut values = Values::default();
    let mut rest = words;
    for part in pattern.split(' ') {
        let (value, taken) = take(part, rest)?;
        values.0.extend(value);
        rest = &rest[taken..];
    }
    rest.is_empty().then_some(values)
}

/// The sentence that was probably meant: the pattern with the words that fit its slots.
pub(super) fn guess<'a>(patterns: impl IntoIterator<Item = &'a str>, words: &[String]) -> Option<String> {
    patterns
        .into_iter()
        .map(|pattern| corrected(pattern, words))
        .min_by_key(|(cost, _)| *cost)
        .filter(|(cost, sentence)| *cost <= 2 + sentence.len() / 5)
        .map(|(_, sentence)| sentence)
}

/// One part of a pattern against the words that are left: the value, if it is a slot, and how many words it took.
fn take(part: &str, words: &[String]) -> Option<(Option<Value>, usize)> {
    let first = words.first()?;
    Some(match part {
        "{units}" => (Some(Value::Units(units(first)?)), 1),
        "{unit}" => {
            let units = units(first)?;
            (units.len() == 1).then_some((Some(Value::Units(units)), 1))?
        }
        "{site}" => (Some(Value::Site(first.parse().ok().and_then(SiteId::new)?)), 1),
        "{talkgroup}" => (Some(Value::Talkgroup(first.parse().ok().and_then(TalkgroupId::new)?)), 1),
        "{talkgroups}" => (Some(Value::Talkgroups(talkgroups(first)?)), 1),
        "{area}" => (Some(Value::Area(first.parse().ok().and_then(AreaId::new)?)), 1),
        "{carrier}" => (Some(Value::Carrier(first.parse().ok().and_then(CarrierNumber::new)?)), 1),
        "{number}" => (Some(Value::Number(first.parse().ok()?)), 1),
        "{status}" => (Some(Value::Status(first.parse().ok().and_then(StatusNumber::new)?)), 1),
        "{alarm}" => (Some(Value::Alarm(AlarmKind::ALL.into_iter().find(|kind| kind.name() == first)?)), 1),
        "{cause}" => (Some(Value::Cause(cause(first)?)), 1),
        "{file}" => {
            let name = first.strip_prefix('"')?.strip_suffix('"')?;
            (!name.is_empty()).then(|| (Some(Value::File(name.to_owned())), 1))?
        }
        "{place}" => {
            let (east, north) = first.split_once(',')?;
            let place = Position { east_m: east.parse().ok()?, north_m: north.parse().ok()? };
            (Some(Value::Place(place)), 1)
        }
        "{span}" => match span(first) {
            Some(span) => (Some(Value::Span(span)), 1),
            None => (Some(Value::Span(span(&format!("{first} {}", words.get(1)?))?)), 2),
        },
        word => (word == first).then_some((None, 1))?,
    })
}

/// How much has to change for words to fit a pattern, and what they are then.
fn corrected(pattern: &str, words: &[String]) -> (usize, String) {
    let mut cost = 0;
    let mut rest = words;
    let mut sentence = Vec::new();
    for part in pattern.split(' ') {
        if let Some((_, taken)) = take(part, rest) {
            sentence.push(rest[..taken].join(" "));
            rest = &rest[taken..];
            continue;
        }
        sentence.push(part.to_owned());
        // Either this word was spelt otherwise, or it is missing and the next part fits here.
        let here = rest.first().map_or(part.len(), |word| distance(part, word));
        cost += here.min(part.len());
        if here < part.len() {
            rest = rest.get(1..).unwrap_or(&[]);
        }
    }
    cost += rest.iter().map(|word| word.len() + 1).sum::<usize>();
    (cost, sentence.join(" "))
}

/// `1017`, `1001-1040`, `1017,1019`.
pub(super) fn units(text: &str) -> Option<Vec<UnitId>> {
    let mut units = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if last < first || last - first >= UNITS_MAX {
            return None;
        }
        for number in first..=last {
            units.push(UnitId::new(number)?);
        }
        if units.len() > UNITS_MAX as usize {
            return None;
        }
    }
    Some(units)
}

/// `41,42`.
fn talkgroups(text: &str) -> Option<Vec<TalkgroupId>> {
    text.split(',').map(|number| number.parse().ok().and_then(TalkgroupId::new)).collect()
}

/// `2.4 s`, `300 ms`, `1 min`; exact to the microsecond.
pub(super) fn span(text: &str) -> Option<Span> {
    let split = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, unit) = (&text[..split], text[split..].trim());
    let micros: u64 = match unit {
        "ms" => 1_000,
        "s" => 1_000_000,
        "min" => 60_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.len() > 6 || number.ends_with('.') {
        return None;
    }
    let mut total = whole.parse::<u64>().ok()?.checked_mul(micros)?;
    if !fraction.is_empty() {
        let scale = 10_u64.pow(u32::try_from(fraction.len()).expect("at most six digits"));
        total = total.checked_add(fraction.parse::<u64>().ok()? * micros / scale)?;
    }
    // A year is long enough for any scenario, and short enough for any sum.
    (total <= 366 * 24 * 3_600 * 1_000_000).then_some(Span::from_micros(total))
}

/// A cause by its name, whatever its capitals.
fn cause(text: &str) -> Option<Cause> {
    Cause::ALL.iter().copied().find(|cause| cause.name().eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_exact() {
        assert_eq!(span("2.4 s"), Some(Span::from_millis(2_400)));
        assert_eq!(span("300 ms"), Some(Span::from_millis(300)));
        assert_eq!(span("0.000001s"), Some(Span::from_micros(1)));
        assert_eq!(span("1.5 min"), Some(Span::from_secs(90)));
        for wrong in
            ["", "s", "3", "3 h", "-1 s", "1. s", ".5 s", "1.2.3 s", "99999999999999999999 s", "400000000 s"]
        {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn units_are_numbers_lists_and_ranges() {
        let numbers =
            |text| units(text).map(|units| units.iter().map(|unit| unit.number()).collect::<Vec<_>>());
        assert_eq!(numbers("1001-1003,1017"), Some(vec![1001, 1002, 1003, 1017]));
        for wrong in ["", "0", "5-3", "1-99999999", "a", "16777216"] {
            assert_eq!(numbers(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_quoted_name_is_one_word() {
        assert_eq!(words(r#"unit 1 says "good morning.wav""#)[3], r#""good morning.wav""#);
    }
}
