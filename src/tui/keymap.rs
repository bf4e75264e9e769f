//! From a key press to the action it means in a place. Built from the table of actions; conflicts are refused.

use std::{collections::HashMap, fmt, str::FromStr};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{ACTIONS, Action, Place};

/// One key with what is held down, as written in the table: `y`, `ctrl-d`, `alt-enter`, `pgdn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl From<KeyEvent> for Key {
    /// Shift is part of the character itself, and of BackTab.
    fn from(event: KeyEvent) -> Self {
        let implied = match event.code {
            KeyCode::Char(_) | KeyCode::BackTab => KeyModifiers::SHIFT,
            _ => KeyModifiers::NONE,
        };
        Key { code: event.code, modifiers: event.modifiers - implied }
    }
}

const NAMED: [(&str, KeyCode); 13] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
];

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        for (prefix, modifier) in
            [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT), ("shift-", KeyModifiers::SHIFT)]
        {
            if let Some(after) = rest.strip_prefix(prefix).filter(|after| !after.is_empty()) {
                (modifiers, rest) = (modifiers | modifier, after);
            }
        }
        let mut chars = rest.chars();
        let code = match (NAMED.iter().find(|(name, _)| *name == rest), chars.next(), chars.next()) {
            (Some((_, code)), ..) => *code,
            (None, Some(c), None) => KeyCode::Char(c),
            _ => return Err(format!("{text:?} is not a key such as y, ctrl-d, alt-enter or pgdn")),
        };
        Ok(Key { code, modifiers })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            text.push_str("ctrl-");
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            text.push_str("alt-");
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            text.push_str("shift-");
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => text.push_str(name),
            (None, KeyCode::Char(c)) => text.push(c),
            (None, code) => text.push_str(&format!("{code:?}")),
        }
        f.pad(&text)
    }
}

/// Two actions want the same key in the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub key: Key,
    pub place: Place,
    pub actions: [Action; 2],
}

#[derive(Debug, Clone)]
pub struct Keymap {
    meanings: HashMap<(Place, Key), Action>,
    keys: HashMap<Action, Vec<Key>>,
}

impl Keymap {
    /// The keys of the table.
    #[must_use]
    pub fn standard() -> Self {
        let keys = |row: &super::action::Row| row.keys.iter().map(|key| key.parse().expect("tested")).collect();
        Keymap::new(|row| keys(row)).expect("the table has no conflicts: tested")
    }

    /// The keys that `keys` gives to each row.
    ///
    /// # Errors
    /// The first conflict.
    pub fn new(keys: impl Fn(&super::action::Row) -> Vec<Key>) -> Result<Self, Conflict> {
        let mut keymap = Keymap { meanings: HashMap::new(), keys: HashMap::new() };
        for row in ACTIONS {
            let keys = keys(row);
            for (place, key) in row.places.iter().flat_map(|place| keys.iter().map(move |key| (*place, *key))) {
                if let Some(other) = keymap.meanings.insert((place, key), row.action) {
                    return Err(Conflict { key, place, actions: [other, row.action] });
                }
            }
            keymap.keys.insert(row.action, keys);
        }
        Ok(keymap)
    }

    #[must_use]
    pub fn action(&self, place: Place, key: Key) -> Option<Action> {
        self.meanings.get(&(place, key)).copied()
    }

    /// Every key of an action, the shortest way to it first.
    #[must_use]
    pub fn keys(&self, action: Action) -> &[Key] {
        self.keys.get(&action).map_or(&[], Vec::as_slice)
    }

    /// How the screen names an action's first key.
    #[must_use]
    pub fn first(&self, action: Action) -> String {
        self.keys(action).first().map(spoken).unwrap_or_default()
    }
}

/// A key as the footer and the help write it: `Space`, `Ctrl-S`, `y`.
#[must_use]
pub fn spoken(key: &Key) -> String {
    let text = key.to_string();
    let named = text.chars().count() > 1;
    match text.as_str() {
        "backtab" => "Shift-Tab".to_owned(),
        "pgup" => "PgUp".to_owned(),
        "pgdn" => "PgDn".to_owned(),
        "up" => "↑".to_owned(),
        "down" => "↓".to_owned(),
        "left" => "←".to_owned(),
        "right" => "→".to_owned(),
        "shift-left" => "Shift-←".to_owned(),
        "shift-right" => "Shift-→".to_owned(),
        _ if named => text.split('-').map(|part| part[..1].to_uppercase() + &part[1..]).collect::<Vec<_>>().join("-"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let parse = |row: &super::super::action::Row| row.keys.iter().map(|key| key.parse().unwrap()).collect();
        assert_eq!(Keymap::new(parse).map(drop), Ok(()));
    }

    #[test]
    fn a_conflict_names_both_actions() {
        let one_key = |_: &super::super::action::Row| vec!["y".parse().unwrap()];
        let conflict = Keymap::new(one_key).unwrap_err();
        assert_eq!(conflict.actions, [Action::Approve, Action::Edit]);
    }

    #[test]
    fn keys_parse_what_they_print() {
        for text in ["y", "G", "?", "+", "-", "ctrl-d", "alt-enter", "space", "backtab", "pgdn", "shift-left"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        assert!("hyper-x".parse::<Key>().is_err());
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Key::from(shifted), "G".parse().unwrap());
        assert_eq!(spoken(&"ctrl-s".parse().unwrap()), "Ctrl-S");
    }
}
