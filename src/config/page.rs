//! Reading a parsed TOML text value by value: what stands where, in the order of the file, and how a mistake is worded.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::value::{nearest, without_password};

/// Where in the text, and what is wrong there.
pub(super) type Mistake = (Range<usize>, String);

/// One entry of a table.
pub(super) struct Entry<'a, 'i> {
    pub name: &'a str,
    pub key: Range<usize>,
    pub value: &'a Spanned<DeValue<'i>>,
}

/// The text that is read, and the places of what was read so far.
pub(super) struct Page<'t> {
    pub text: &'t str,
    pub places: Vec<(String, Range<usize>)>,
}

impl Page<'_> {
    /// The mistake of a value that is not what it must be.
    pub fn wrong(&self, name: &str, value: &Spanned<DeValue<'_>>, reason: &str) -> Mistake {
        (value.span(), bad_value(name, self.text, value, reason))
    }

    /// The mistake of a name that means nothing in this table.
    pub fn unknown(&self, entry: &Entry<'_, '_>, table: &str, names: impl Iterator<Item = &'static str>) -> Mistake {
        let (name, names) = (entry.name, names.collect::<Vec<_>>());
        let reason = match nearest(name, names.iter().copied()) {
            meant if meant.is_empty() => {
                format!("unknown key {name:?} in {table}; its keys are {}", names.join(", "))
            }
            meant => format!("unknown key {name:?} in {table}{meant}"),
        };
        (entry.key.clone(), reason)
    }
}

/// The table that stands under this name.
pub(super) fn table<'a, 'i>(
    page: &Page<'_>,
    name: &str,
    value: &'a Spanned<DeValue<'i>>,
) -> Result<&'a DeTable<'i>, Mistake> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => Err(page.wrong(name, value, &format!("must be a table: [{name}]"))),
    }
}

/// The entries as they stand in the file: the first mistake is told first.
pub(super) fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Entry<'a, 'i>> {
    let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'i>>)| {
        let name: &std::borrow::Cow<'i, str> = key.get_ref();
        Entry { name: name.as_ref(), key: key.span(), value }
    };
    let mut entries: Vec<_> = table.iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.key.start);
    entries
}

/// A text or a number as text; nothing else is a setting.
pub(super) fn plain(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => {
            i128::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string())
        }
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

pub(super) fn bad_value(name: &str, text: &str, value: &Spanned<DeValue<'_>>, reason: &str) -> String {
    let written = text.get(value.span()).unwrap_or_default().lines().next().unwrap_or_default();
    format!("{name} = {}: {reason}", without_password(written))
}
