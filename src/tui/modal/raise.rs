//! A new cap, typed. Nothing is filled in: what may be spent is a person's own number.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Ask, Cap, Choice, Decision, DecisionId, Scope, Timeline, Usage},
    tui::{
        action::Action,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        update::decide,
        widget::{
            frame::{self, Titles},
            row,
        },
        words,
    },
};

use super::{
    Flow,
    form::{Field, Lines},
    reader::inside,
};

pub struct RaiseForm {
    pub id: DecisionId,
    scope: Scope,
    cap: Cap,
    /// What was used and what the call that asks may use.
    needed: Usage,
    field: Field,
}

impl RaiseForm {
    /// `None` when the decision is not about money.
    #[must_use]
    pub fn new(decision: &Decision) -> Option<Self> {
        let Ask::Budget { scope, cap, used, worst, .. } = decision.ask else { return None };
        let mut needed = used;
        needed += worst;
        Some(RaiseForm { id: decision.id, scope, cap, needed, field: Field::new("", Lines::One) })
    }

    #[must_use]
    pub fn draft(&self) -> Option<String> {
        (!self.field.is_blank()).then(|| self.field.text())
    }

    fn wanted(&self) -> Result<Cap, String> {
        let cap = parse(&self.field.text(), self.cap)?;
        match (cap.holds(&self.needed), cap.usd.is_some() && self.needed.usd.is_none()) {
            (true, _) => Ok(cap),
            (false, true) => {
                Err("the price of this call is unknown, so no cap in dollars holds it: none lifts it".into())
            }
            (false, false) => Err(format!("too low: with this call it may come to {}", least(&self.needed, cap))),
        }
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, _: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        match action {
            Action::Back => return Flow::Back,
            Action::Accept => match self.wanted() {
                Ok(cap) => {
                    decide(ui, self.id, Choice::Raise { cap }, effects);
                    return Flow::Back;
                }
                Err(why) => ui.notices.push(why, ui.now),
            },
            _ => {}
        }
        Flow::Stay
    }

    pub fn on_text_key(&mut self, key: KeyEvent) {
        // Enter never approves, and one line has no second.
        if key.code != KeyCode::Enter {
            self.field.on_key(key);
        }
    }

    pub fn on_paste(&mut self, text: &str) {
        self.field.on_paste(text);
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let style = |role| screen.theme.style(role);
        let area = frame::at_bottom(area, 84, 6);
        let titles = Titles {
            name: format!("Raise the cap on {}, {}", self.scope, self.id),
            more: format!("now {}", self.cap),
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        let inside = inside(area);
        let line = |at: u16| Rect { y: inside.y + at, height: 1, ..inside };
        row::text(buffer, line(0), asked_for(self.cap), style(Role::Dim));
        self.field.draw(buffer, line(1), screen.theme);
        let accept = screen.ui.keymap.first(Action::Accept);
        let (text, role) = match (self.field.is_blank(), self.wanted()) {
            (true, _) => (format!("it takes {} for this call", least(&self.needed, self.cap)), Role::Dim),
            (false, Ok(cap)) => (format!("{accept} sets it to {cap}"), Role::Good),
            (false, Err(why)) => (why, Role::Warn),
        };
        row::text(buffer, line(3), &text, style(role));
    }
}

/// The least that has to be allowed, in the units of a cap, rounded up.
fn least(needed: &Usage, cap: Cap) -> String {
    let usd = cap.usd.map(|_| match needed.usd {
        Some(usd) => format!("${:.4}", (usd * 1e4).ceil() / 1e4),
        None => "an unknown sum".to_owned(),
    });
    let tokens = cap.tokens.map(|_| format!("{}{} tokens", words::about(needed), needed.tokens()));
    [usd, tokens].into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn asked_for(cap: Cap) -> &'static str {
    match (cap.usd, cap.tokens) {
        (Some(_), Some(_)) => "The new cap, such as $0.50 or 200k tok or both; none lifts it:",
        (None, Some(_)) => "The new cap in tokens, such as 200k; none lifts it:",
        (_, None) => "The new cap in dollars, such as 0.50; none lifts it:",
    }
}

/// What was typed, over the cap as it is: a part that is not named stays.
fn parse(text: &str, now: Cap) -> Result<Cap, String> {
    let text = text.to_lowercase().replace(" and ", " ");
    let mut cap = now;
    let mut words = text.split([' ', ',', ';']).filter(|word| !word.is_empty()).peekable();
    if words.peek().is_none() {
        return Err("write the new cap first".to_owned());
    }
    while let Some(word) = words.next() {
        if word == "none" {
            cap = Cap::default();
            continue;
        }
        let unit = words.next_if(|next| matches!(*next, "tok" | "token" | "tokens" | "usd" | "dollars" | "$"));
        let in_dollars = word.starts_with('$') || matches!(unit, Some("usd" | "dollars" | "$"));
        let number = word.trim_start_matches('$').trim_end_matches("tok");
        let (number, times) = match (number.strip_suffix('k'), number.strip_suffix('m')) {
            (Some(number), _) => (number, 1e3),
            (_, Some(number)) => (number, 1e6),
            _ => (number, 1.0),
        };
        let amount: f64 = number
            .parse()
            .ok()
            .filter(|amount: &f64| amount.is_finite() && *amount >= 0.0)
            .ok_or_else(|| format!("{word:?} is no amount such as 0.50 or 200k"))?;
        let in_tokens = times > 1.0 || word.ends_with("tok") || matches!(unit, Some("tok" | "token" | "tokens"));
        match (in_dollars, in_tokens, now.usd.is_some(), now.tokens.is_some()) {
            (true, true, ..) => return Err(format!("{word:?} is dollars and tokens at once")),
            (true, ..) | (_, false, true, false) => cap.usd = Some(amount),
            (_, true, ..) | (_, _, false, true) => cap.tokens = Some((amount * times).round() as u64),
            _ if number.contains('.') => cap.usd = Some(amount),
            _ => return Err(format!("{word}: dollars or tokens? ${word} or {word} tok says it")),
        }
    }
    Ok(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        let usd = Cap { usd: Some(0.1), tokens: None };
        let tokens = Cap { usd: None, tokens: Some(10) };
        let both = Cap { usd: Some(0.1), tokens: Some(10) };
        let cap = |usd, tokens| Ok(Cap { usd, tokens });
        for (text, now, wanted) in [
            ("0.50", usd, cap(Some(0.5), None)),
            ("$2", usd, cap(Some(2.0), None)),
            ("2 dollars", tokens, cap(Some(2.0), Some(10))),
            ("200k", tokens, cap(None, Some(200_000))),
            ("1.5M tok", tokens, cap(None, Some(1_500_000))),
            ("5000", tokens, cap(None, Some(5_000))),
            ("200k", usd, cap(Some(0.1), Some(200_000))),
            ("0.5", both, cap(Some(0.5), Some(10))),
            ("$1 and 300 tokens", both, cap(Some(1.0), Some(300))),
            ("none", both, cap(None, None)),
        ] {
            assert_eq!(parse(text, now), wanted, "{text}");
        }
        for (text, why) in [
            ("", "first"),
            ("much", "no amount"),
            ("-3", "no amount"),
            ("inf", "no amount"),
            ("7", "dollars or tokens"),
            ("$7k", "at once"),
        ] {
            let said = parse(text, both).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
