//! What the headers of an answer say: which of them are worth seeing, and how long the server wants to be left alone.

use std::time::Duration;

use reqwest::header::HeaderMap;
use time::{
    OffsetDateTime,
    format_description::well_known::{Rfc2822, Rfc3339},
};

use super::mask::Mask;

/// Parts of the names that are worth seeing.
const SEEN: &[&str] = &["request-id", "ratelimit", "rate-limit", "retry-after", "processing-ms", "service-time"];

/// What is kept of a value, in characters.
const VALUE_CHARS: usize = 200;

/// No wait is longer, so that clocks can count it: a year.
const LONGEST: Duration = Duration::from_secs(365 * 86400);

/// The headers worth seeing, names in lower case, without the key.
#[must_use]
pub fn worth_seeing(headers: &HeaderMap, mask: &Mask) -> Vec<(String, String)> {
    let seen = headers.iter().filter(|(name, _)| SEEN.iter().any(|part| name.as_str().contains(part)));
    seen.map(|(name, value)| {
        let value = mask.text(&String::from_utf8_lossy(value.as_bytes()));
        (name.as_str().to_owned(), value.chars().take(VALUE_CHARS).collect())
    })
    .collect()
}

/// How long the server wants to be left alone: what it asks for, else when the limits that are used up start over.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    // The server's own clock, where it tells it, so that a wrong one here does no harm.
    let now = value("date").and_then(date).unwrap_or_else(OffsetDateTime::now_utc);
    if let Some(ms) = value("retry-after-ms").and_then(|ms| seconds(ms, 0.001)) {
        return Some(ms);
    }
    if let Some(asked) = value("retry-after").and_then(|asked| moment(asked, now)) {
        return Some(asked);
    }
    let used_up = headers.iter().filter_map(|(name, left)| {
        let name = name.as_str();
        let left: f64 = left.to_str().ok()?.trim().parse().ok()?;
        (name.contains("ratelimit") && name.contains("remaining") && left <= 0.0)
            .then(|| name.replace("remaining", "reset"))
    });
    used_up.filter_map(|name| moment(value(&name)?, now)).max()
}

/// How far away a moment is: seconds, a length such as `1m3.5s`, a date, or seconds or milliseconds since 1970.
fn moment(text: &str, now: OffsetDateTime) -> Option<Duration> {
    let until = |then: OffsetDateTime| Duration::try_from(then - now).unwrap_or_default().min(LONGEST);
    match text.parse::<f64>() {
        Ok(since) if since > 1e9 => {
            let since = if since > 1e12 { since / 1000.0 } else { since };
            let since = Duration::try_from_secs_f64(since).ok()?.try_into().ok()?;
            OffsetDateTime::UNIX_EPOCH.checked_add(since).map(until)
        }
        Ok(_) => seconds(text, 1.0),
        Err(_) => length(text).or_else(|| date(text).map(until)),
    }
}

fn seconds(text: &str, unit: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse::<f64>().ok()? * unit).ok().map(|length| length.min(LONGEST))
}

fn date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc2822).or_else(|_| OffsetDateTime::parse(text, &Rfc3339)).ok()
}

/// A length of time as Go writes it: `6m0s`, `120ms`, `2m59.56s`.
fn length(text: &str) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len()));
        let unit = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
        sum = LONGEST.min(sum + seconds(number, unit)?);
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    fn ms(pairs: &[(&str, &str)]) -> Option<u128> {
        retry_after(&headers(pairs)).map(|wait| wait.as_millis())
    }

    const NOW: (&str, &str) = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");

    #[test]
    fn a_wait_is_read_however_it_is_written() {
        assert_eq!(ms(&[("retry-after", "2")]), Some(2000));
        assert_eq!(ms(&[("retry-after", " 0.5 ")]), Some(500));
        assert_eq!(ms(&[NOW, ("retry-after", "Wed, 21 Oct 2015 07:29:30 GMT")]), Some(90_000));
        assert_eq!(ms(&[NOW, ("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT")]), Some(0));
        assert_eq!(ms(&[("retry-after-ms", "40"), ("retry-after", "2")]), Some(40));
        assert_eq!(ms(&[("retry-after", "soon")]), None);
        assert_eq!(ms(&[("retry-after", "-3")]), None);
        assert_eq!(ms(&[("retry-after", "inf"), ("retry-after-ms", "nan")]), None);
        assert_eq!(ms(&[]), None);
        for endless in ["9e8", "1e10", "9e18", "1e19", "1e25", "9999999999h", "Sat, 21 Oct 9999 07:28:00 GMT"] {
            let wait = ms(&[NOW, ("retry-after", endless)]);
            assert!(wait.is_none_or(|wait| wait <= LONGEST.as_millis()), "{endless}: {wait:?}");
        }
        assert_eq!(ms(&[("retry-after-ms", "1e18")]), Some(LONGEST.as_millis()));
    }

    #[test]
    fn a_limit_that_is_used_up_says_when_it_starts_over() {
        let spent = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "1m3.5s"),
            ("x-ratelimit-remaining-tokens", "70"),
            ("x-ratelimit-reset-tokens", "6h"),
        ];
        assert_eq!(ms(&spent), Some(63_500));
        let dated = [
            NOW,
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            ("anthropic-ratelimit-input-tokens-reset", "2015-10-21T07:28:12Z"),
        ];
        assert_eq!(ms(&dated), Some(12_000));
        // 1445412480 is the moment of NOW.
        for (reset, wait) in [("1445412485", 5000), ("1445412480250", 250), ("30", 30_000), ("120ms", 120)] {
            assert_eq!(ms(&[NOW, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)]), Some(wait), "{reset}");
        }
        assert_eq!(ms(&[("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "30")]), None);
        assert_eq!(ms(&[("x-ratelimit-remaining", "0")]), None);
    }

    #[test]
    fn headers_worth_seeing_are_short_and_hold_no_key() {
        let mask = Mask::of(Some(&"sk-canary-1".to_owned().into()));
        let long = "x".repeat(1000);
        let seen = worth_seeing(
            &headers(&[
                ("X-Request-Id", "req sk-canary-1"),
                ("anthropic-ratelimit-requests-limit", &long),
                ("set-cookie", "a=b"),
            ]),
            &mask,
        );
        let wanted = [
            ("x-request-id".to_owned(), "req [key]".to_owned()),
            ("anthropic-ratelimit-requests-limit".to_owned(), "x".repeat(200)),
        ];
        assert_eq!(seen, wanted);
    }
}
