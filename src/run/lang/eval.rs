//! What an expression comes to, given what its names stand for. Nothing goes wrong here: what has no value compares as
//! false.

use super::{
    ast::{Expr, Literal, Name, Op, Term},
    value::Value,
};

/// Gives what names stand for; `None` where a name says nothing at this moment.
pub trait Values {
    fn value(&self, name: &Name) -> Option<Value>;
}

impl Expr {
    #[must_use]
    pub fn holds(&self, values: &impl Values) -> bool {
        match self {
            Expr::Or(many) => many.iter().any(|one| one.holds(values)),
            Expr::And(many) => many.iter().all(|one| one.holds(values)),
            Expr::Not(one) => !one.holds(values),
            Expr::Truth(name) => values.value(name).is_some_and(|value| value.holds()),
            Expr::Compare(name, op, term) => {
                values.value(name).is_some_and(|left| compare(&left, *op, term, values).unwrap_or(false))
            }
        }
    }

    /// What a watch shows of it: the value of a bare name, else whether it holds.
    #[must_use]
    pub fn value(&self, values: &impl Values) -> Option<Value> {
        match self {
            Expr::Truth(name) => values.value(name),
            other => Some(Value::Flag(other.holds(values))),
        }
    }
}

fn compare(left: &Value, op: Op, term: &Term, values: &impl Values) -> Option<bool> {
    let right = match term {
        Term::Literal(Literal::Any) => {
            return match op {
                Op::Is | Op::Equal => Some(left.holds()),
                Op::Unequal => Some(!left.holds()),
                _ => None,
            };
        }
        Term::Literal(Literal::Pattern(pattern)) => return Some(matches(left, &|text| pattern.is_match(text))),
        Term::Literal(literal) => literal.value()?,
        Term::Name(name) => values.value(name)?,
    };
    let sizes = || Some((left.number()?, right.number()?));
    match op {
        Op::Is | Op::Equal => Some(left.is_like(&right)),
        Op::Unequal => Some(!left.is_like(&right)),
        Op::Less => sizes().map(|(a, b)| a < b),
        Op::AtMost => sizes().map(|(a, b)| a <= b),
        Op::Greater => sizes().map(|(a, b)| a > b),
        Op::AtLeast => sizes().map(|(a, b)| a >= b),
        Op::Contains => Some(left.has(&right)),
        // The parser makes every right side of `~` a pattern.
        Op::Matches => None,
    }
}

fn matches(value: &Value, is_match: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Many(many) => many.iter().any(|one| matches(one, is_match)),
        Value::Text(text) | Value::Word(text) => is_match(text),
        other => is_match(&other.to_string()),
    }
}

impl Literal {
    /// `None` for what is no value but a test.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        match self {
            Literal::Number(number, _) => Some(Value::Number(*number)),
            Literal::Text(text) => Some(Value::Text(text.clone())),
            Literal::Word(word) => Some(Value::Word(word.clone())),
            Literal::Label(label) => Some(Value::Label(*label)),
            Literal::Pattern(_) | Literal::Any => None,
        }
    }
}
