//! Rows for the README's table of figures.

/// Prints a row: what was measured, the figure, what stands beside it (the floor of the same run, or `""`), and the goal.
/// A line of a bench's output that begins with `| ` is such a row and nothing else is.
pub fn row(what: &str, figure: &str, beside: &str, goal: &str) {
    println!("| {what} | {figure} | {beside} | {goal} |");
}
