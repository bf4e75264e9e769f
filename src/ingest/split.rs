//! stub
use std::ops::Range;
use crate::run::{CutPoint, Method};
#[derive(Debug, Clone)]
pub struct Piece { pub title: String, pub span: Range<usize> }
pub fn by_headings(text: &str, title: &str, _m: &Method) -> Vec<Piece> { vec![Piece { title: title.into(), span: 0..text.len() }] }
pub fn oversized(_t: &str, p: &Piece, m: &Method) -> bool { p.span.len() > m.split_above_chars }
pub fn cut_points(_t: &str, _p: &Piece) -> Vec<CutPoint> { vec![] }
pub fn most_cuts(_t: &str, _p: &Piece, _m: &Method) -> usize { 0 }
pub fn cut(_p: &Piece, _c: &[CutPoint], _o: &[usize], _m: usize) -> Vec<Piece> { vec![] }
pub fn settle(_t: &str, p: Vec<Piece>, _m: &Method) -> Vec<Piece> { p }
