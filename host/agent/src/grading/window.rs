//! Windows of dates: the part of a data set that a model cannot have seen while it was trained.

use perfagent_core::execution::Detail;
use time::Date;
use time::format_description::well_known::Iso8601;

/// The instances of some days: those that tell a date, such as that of the contest they come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first day; `None`: however early.
    pub start: Option<Date>,
    /// The last day; `None`: however late.
    pub end: Option<Date>,
}

impl Window {
    /// Whether an instance with `details` belongs to it. One without a date only belongs to a window
    /// without ends.
    pub fn holds(&self, details: &[Detail]) -> bool {
        if *self == Self::default() {
            return true;
        }
        let date = details.iter().find_map(|detail| date(&detail.value));
        date.is_some_and(|date| self.start.is_none_or(|start| start <= date) && self.end.is_none_or(|end| date <= end))
    }
}

/// The day that `text` begins with, written as `2024-01-31`: alone, or with a time after a `T` or a blank.
pub fn date(text: &str) -> Option<Date> {
    let (day, rest) = text.split_at_checked("2024-01-31".len())?;
    let is_whole = rest.is_empty() || rest.starts_with(['T', ' ']);
    is_whole.then(|| Date::parse(day, &Iso8601::DATE).ok())?
}

/// `value`, or its month where it is a date: days are too many groups.
pub(super) fn group(value: &str) -> &str {
    if date(value).is_some() { &value[.."2024-01".len()] } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn details(value: &str) -> Vec<Detail> {
        [("platform", "leetcode"), ("contest_date", value)]
            .map(|(name, value)| Detail { name: name.to_owned(), value: value.to_owned() })
            .to_vec()
    }

    #[test]
    fn both_ends_belong_to_it() {
        let window = Window { start: date("2024-01-31"), end: date("2024-02-29") };
        for (value, expected) in [
            ("2024-01-30T23:59:59", false),
            ("2024-01-31T00:00:00", true),
            ("2024-02-29", true),
            ("2024-03-01", false),
            ("soon", false),
        ] {
            assert_eq!(window.holds(&details(value)), expected, "{value}");
        }
        assert!(Window { end: None, ..window }.holds(&details("2031-01-01 00:00")));
        assert!(Window { start: None, ..window }.holds(&details("1999-12-31")));
        assert!(Window::default().holds(&details("soon")));
    }

    #[test]
    fn days_are_grouped_by_month_and_nothing_else_is() {
        for (value, expected) in [
            ("2024-02-29T12:00:00", "2024-02"),
            ("2023-02-29", "2023-02-29"),
            ("2024-01-311", "2024-01-311"),
            ("easy", "easy"),
        ] {
            assert_eq!(group(value), expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = (date(&text), group(&text));
        }
    }
}
