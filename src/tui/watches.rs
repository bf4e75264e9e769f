//! The expressions that are watched.

use crate::run::{
    Timeline,
    lang::{Expr, Vocabulary},
};

use super::ui::Ui;

#[derive(Debug, Default)]
pub struct Watches {
    exprs: Vec<String>,
}

impl Watches {
    #[must_use]
    pub fn exprs(&self) -> Vec<String> {
        self.exprs.clone()
    }
}

/// # Errors
/// When it is no expression.
pub fn add(ui: &mut Ui, _: &Timeline, expr: &str) -> Result<(), String> {
    Expr::parse(expr, Vocabulary::Watch).map_err(|why| why.in_line())?;
    ui.watches.exprs.push(expr.to_owned());
    Ok(())
}

/// # Errors
/// When nobody watches it.
pub fn remove(ui: &mut Ui, expr: &str) -> Result<(), String> {
    let at = ui.watches.exprs.iter().position(|watched| watched == expr);
    ui.watches.exprs.remove(at.ok_or_else(|| format!("{expr} is not watched"))?);
    Ok(())
}
