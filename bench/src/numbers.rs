//! How figures are written: as many digits as mean something, and a unit that suits them.

use choosing::statistics::Spread;

/// So many significant digits, thousands apart: `0.0312`, `1.98`, `45.2`, `203`, `17,800`.
pub(crate) fn significant(figure: f64, digits: u8) -> String {
    if figure == 0.0 {
        return "0".to_owned();
    }
    // Rounding may add a digit (9.996 is 10.0), so the exponent is that of the rounded figure. No logarithm: the last bit of
    // one may differ between systems, and what is rendered must not.
    let rounded = format!("{figure:.*e}", usize::from(digits.max(1)) - 1);
    let parsed = rounded
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse::<i64>().ok())
        .zip(rounded.parse::<f64>().ok());
    let Some((exponent, rounded)) = parsed else { return rounded };
    let decimals = usize::try_from(i64::from(digits) - 1 - exponent).unwrap_or(0);
    apart(&format!("{rounded:.decimals$}"))
}

/// Three significant digits.
pub(crate) fn three(figure: f64) -> String {
    significant(figure, 3)
}

/// Two significant digits, and three from 100 on: what a sentence can bear.
pub(crate) fn short(figure: f64) -> String {
    significant(figure, if figure.abs() < 99.5 { 2 } else { 3 })
}

/// A ratio in a sentence, `1.4 times`; near 1 with two decimals, since there the difference is what counts.
pub(crate) fn times(ratio: f64) -> String {
    if (0.095..1.095).contains(&ratio) {
        format!("{ratio:.2} times")
    } else {
        format!("{} times", short(ratio))
    }
}

/// A count, thousands apart.
pub(crate) fn count(n: u64) -> String {
    apart(&n.to_string())
}

/// What times are told in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Unit {
    /// As it is written.
    pub(crate) name: &'static str,
    /// One of it, in milliseconds.
    pub(crate) ms: f64,
}

pub(crate) const SECONDS: Unit = Unit { name: "s", ms: 1e3 };
pub(crate) const MILLISECONDS: Unit = Unit { name: "ms", ms: 1.0 };
pub(crate) const MICROSECONDS: Unit = Unit { name: "µs", ms: 1e-3 };
pub(crate) const NANOSECONDS: Unit = Unit { name: "ns", ms: 1e-6 };

impl Unit {
    /// The largest unit of which there is at least one.
    pub(crate) fn of(ms: f64) -> Self {
        let units = [SECONDS, MILLISECONDS, MICROSECONDS];
        // What is rounded to 1,000 of a unit is one of the next.
        let fits = |unit: &Unit| ms.abs() >= unit.ms * 0.9995;
        match units.into_iter().find(fits) {
            Some(unit) => unit,
            None if ms == 0.0 => MILLISECONDS,
            None => NANOSECONDS,
        }
    }

    /// The unit for a column: seconds if all of it is at least one.
    pub(crate) fn of_all(ms: impl IntoIterator<Item = f64>) -> Self {
        let least = ms.into_iter().min_by(f64::total_cmp);
        if least.is_some_and(|least| least >= 1e3) { SECONDS } else { MILLISECONDS }
    }
}

/// A time in a sentence: `203 ms`, `1.98 s`.
pub(crate) fn time(ms: f64) -> String {
    let unit = Unit::of(ms);
    format!("{} {}", three(ms / unit.ms), unit.name)
}

/// A time that somebody has set, or nearly so: `20 ms` and not `20.0 ms`.
pub(crate) fn nominal(ms: f64) -> String {
    let unit = Unit::of(ms);
    let figure = three(ms / unit.ms);
    let figure = match figure.split_once('.') {
        Some(_) => figure.trim_end_matches('0').trim_end_matches('.'),
        None => &figure,
    };
    format!("{figure} {}", unit.name)
}

/// A time in a sentence with as few digits as [`short`] has: `31 µs`.
pub(crate) fn short_time(ms: f64) -> String {
    let unit = Unit::of(ms);
    format!("{} {}", short(ms / unit.ms), unit.name)
}

/// From the least to the most, in the unit of the median: `198 to 210 ms`.
pub(crate) fn range(ms: Spread) -> String {
    let unit = Unit::of(ms.median);
    let [least, most] = [ms.least, ms.most].map(|ms| three(ms / unit.ms));
    if least == most {
        format!("{least} {}", unit.name)
    } else {
        format!("{least} to {most} {}", unit.name)
    }
}

/// An amount of memory in a sentence: `640 B`, `9.6 KiB`, `25 MiB`.
pub(crate) fn memory(kib: f64) -> String {
    let (figure, unit) = match kib.abs() {
        0.9995.. => {
            if kib.abs() < 1023.5 {
                (kib, "KiB")
            } else {
                (kib / 1024.0, "MiB")
            }
        }
        _ => (kib * 1024.0, "B"),
    };
    format!("{} {unit}", short(figure))
}

/// `17800.5` as `17,800.5`.
fn apart(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (digits, String::new()),
    };
    let groups: Vec<&str> = whole
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| str::from_utf8(group).ok())
        .collect();
    format!("{sign}{}{fraction}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        let written = [0.031_24, 0.5, 1.984, 9.996, 45.25, 203.4, 999.6, 17_849.0]
            .map(three)
            .join(" ");
        assert_eq!(written, "0.0312 0.500 1.98 10.0 45.2 203 1,000 17,800");
        assert_eq!([0.0, -1.234, f64::NAN].map(three), ["0", "-1.23", "NaN"]);
        assert_eq!(three(12_345_678.0), "12,300,000");
        assert_eq!(
            [9.64, 22.4, 99.4, 99.6, 253.0].map(short).join(" "),
            "9.6 22 99 99.6 253"
        );
    }

    #[test]
    fn a_sentence_has_the_unit_that_suits() {
        let written = [0.0, 0.000_022, 0.031, 45.21, 203.4, 999.7, 1984.0].map(time);
        let wanted =
            ["0 ms", "22.0 ns", "31.0 µs", "45.2 ms", "203 ms", "1.00 s", "1.98 s"];
        assert_eq!(written, wanted);
        assert_eq!(
            [1000.0, 20.0, 100.0, 23.45].map(nominal),
            ["1 s", "20 ms", "100 ms", "23.4 ms"]
        );
        assert_eq!(short_time(0.0312), "31 µs");
        assert_eq!(time(600.0), "600 ms");
        assert_eq!(
            [0.6, 9.64, 1023.4, 1024.0, 25_600.0].map(memory).join(", "),
            "614 B, 9.6 KiB, 1,020 KiB, 1.0 MiB, 25 MiB"
        );
        assert_eq!(memory(-2.0), "-2.0 KiB");
        let spread = |least, median, most| Spread { least, median, most };
        assert_eq!(range(spread(198.2, 203.0, 209.6)), "198 to 210 ms");
        assert_eq!(range(spread(995.0, 1010.0, 1100.0)), "0.995 to 1.10 s");
        assert_eq!(range(spread(203.1, 203.2, 203.3)), "203 ms");
    }

    #[test]
    fn a_ratio_near_one_keeps_its_decimals() {
        let written =
            [0.0123, 0.13, 0.996, 1.094, 1.1, 1.44, 7.52, 17.8, 1012.0].map(times);
        let wanted = "0.012 times 0.13 times 1.00 times 1.09 times 1.1 times 1.4 times 7.5 times 18 times 1,010 times";
        assert_eq!(written.join(" "), wanted);
    }

    #[test]
    fn a_column_is_in_seconds_only_if_all_of_it_is() {
        assert_eq!(Unit::of_all([1500.0, 20_000.0]), SECONDS);
        assert_eq!(Unit::of_all([150.0, 20_000.0]), MILLISECONDS);
        assert_eq!(Unit::of_all([]), MILLISECONDS);
    }
}
