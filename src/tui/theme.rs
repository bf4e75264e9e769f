//! Sixteen roles and what each looks like. The only place where colours come from.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// What a piece of the screen means. Glyphs and words say the same, so no meaning hangs on colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Text,
    /// Less important: counts, hints, reasoning.
    Dim,
    Title,
    Border,
    /// Border and title of what the keys go to.
    Focus,
    /// The selected row.
    Selected,
    /// Labels, ids, citations.
    Accent,
    Good,
    Bad,
    Warn,
    /// Waits for you.
    Ask,
    Think,
    Tool,
    Wait,
    /// The quoted span inside raw text.
    Mark,
    /// A key in the footer.
    Key,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Look {
    fg: Option<Color>,
    bg: Option<Color>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reversed: bool,
}

impl Look {
    fn style(&self) -> Style {
        let modifiers = [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underline, Modifier::UNDERLINED),
            (self.reversed, Modifier::REVERSED),
        ];
        let on = modifiers.into_iter().filter(|(on, _)| *on).map(|(_, modifier)| modifier);
        Style { fg: self.fg, bg: self.bg, ..Style::default() }.add_modifier(on.collect())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    roles: BTreeMap<Role, Look>,
}

#[derive(Debug, Clone)]
pub struct Theme {
    styles: BTreeMap<Role, Style>,
    /// Frames say by it what time they show.
    pub tense: Tense,
}

/// Whether what is drawn is so now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tense {
    #[default]
    Now,
    Past,
}

impl Theme {
    pub const NAMES: [&'static str; 4] = ["ansi", "dark", "light", "mono"];

    /// A theme that is compiled in.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let file = match name {
            "ansi" => include_str!("../../themes/ansi.toml"),
            "dark" => include_str!("../../themes/dark.toml"),
            "light" => include_str!("../../themes/light.toml"),
            "mono" => include_str!("../../themes/mono.toml"),
            _ => return None,
        };
        Some(Theme::parse(file).expect("the themes that are compiled in are tested"))
    }

    /// Reads a theme file; a role that it leaves out looks like plain text.
    ///
    /// # Errors
    /// What is wrong with it, with the line.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let tense = Tense::Now;
        Ok(Theme { tense, styles: file.roles.into_iter().map(|(role, look)| (role, look.style())).collect() })
    }

    /// The same for what is past.
    #[must_use]
    pub fn in_the_past(&self) -> Self {
        Theme { tense: Tense::Past, ..self.clone() }
    }

    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_gives_every_role() {
        for name in Theme::NAMES {
            assert_eq!(Theme::named(name).unwrap().styles.len(), 16, "{name}");
        }
        assert!(Theme::named("plaid").is_none());
    }

    #[test]
    fn the_default_theme_keeps_to_the_terminals_own_colours_and_mono_has_none() {
        for style in Theme::named("ansi").unwrap().styles.values() {
            let own = |color: Option<Color>| !matches!(color, Some(Color::Rgb(..) | Color::Indexed(_)));
            assert!(own(style.fg) && own(style.bg));
        }
        assert!(Theme::named("mono").unwrap().styles.values().all(|style| style.fg.is_none() && style.bg.is_none()));
    }

    #[test]
    fn a_wrong_theme_is_refused_with_its_line() {
        let error = Theme::parse("[roles]\ntext = { fg = \"mauve-ish\" }").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(Theme::parse("[roles]\nsparkle = { bold = true }").is_err());
    }
}
