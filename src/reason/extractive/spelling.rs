//! Spelling: one form for words that are written in several ways — British and American, irregular, in digits.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

/// Where British and other spellings differ by more than an ending.
const SPELLINGS: &[(&str, &str)] = &[
    ("licence", "license"),
    ("licences", "licenses"),
    ("licenced", "licensed"),
    ("colour", "color"),
    ("colours", "colors"),
    ("coloured", "colored"),
    ("behaviour", "behavior"),
    ("behaviours", "behaviors"),
    ("favour", "favor"),
    ("favourite", "favorite"),
    ("honour", "honor"),
    ("honoured", "honored"),
    ("honours", "honors"),
    ("neighbour", "neighbor"),
    ("neighbours", "neighbors"),
    ("neighbouring", "neighboring"),
    ("labour", "labor"),
    ("centre", "center"),
    ("programme", "program"),
    ("programmes", "programs"),
    ("catalogue", "catalog"),
    ("dialogue", "dialog"),
    ("grey", "gray"),
    ("defence", "defense"),
    ("offence", "offense"),
    ("cheque", "check"),
    ("artefact", "artifact"),
    ("artefacts", "artifacts"),
    ("cancelled", "canceled"),
    ("cancelling", "canceling"),
    ("labelled", "labeled"),
    ("labelling", "labeling"),
    ("modelled", "modeled"),
    ("modelling", "modeling"),
    ("signalled", "signaled"),
    ("signalling", "signaling"),
    ("travelled", "traveled"),
    ("fulfil", "fulfill"),
    ("analyse", "analyze"),
    ("analysed", "analyzed"),
    ("judgement", "judgment"),
    ("acknowledgement", "acknowledgment"),
    ("children", "child"),
    ("people", "person"),
    ("indices", "index"),
    ("vertices", "vertex"),
    ("matrices", "matrix"),
    ("criteria", "criterion"),
    ("media", "medium"),
    ("ran", "run"),
    ("written", "write"),
    ("wrote", "write"),
    ("sent", "send"),
    ("kept", "keep"),
    ("lost", "lose"),
    ("built", "build"),
    ("made", "make"),
    ("making", "make"),
    ("given", "give"),
    ("gave", "give"),
    ("taken", "take"),
    ("took", "take"),
    ("chosen", "choose"),
    ("chose", "choose"),
    ("found", "find"),
    ("held", "hold"),
    ("left", "leave"),
    ("met", "meet"),
    ("paid", "pay"),
    ("said", "say"),
    ("sold", "sell"),
    ("told", "tell"),
    ("thrown", "throw"),
    ("threw", "throw"),
    ("broken", "break"),
    ("broke", "break"),
    ("began", "begin"),
    ("begun", "begin"),
    ("became", "become"),
    ("brought", "bring"),
    ("bought", "buy"),
    ("caught", "catch"),
    ("drawn", "draw"),
    ("grew", "grow"),
    ("grown", "grow"),
    ("hidden", "hide"),
    ("known", "know"),
    ("knew", "know"),
    ("meant", "mean"),
    ("seen", "see"),
    ("saw", "see"),
    ("shown", "show"),
    ("spent", "spend"),
    ("went", "go"),
    ("gone", "go"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("twelve", "12"),
    ("thirty", "30"),
    ("sixty", "60"),
];

static UNIFIED: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| SPELLINGS.iter().copied().collect());

/// The form under which spellings of one word meet, before stemming.
#[must_use]
pub fn spelling(lower: &str) -> Cow<'_, str> {
    if let Some(unified) = UNIFIED.get(lower) {
        return Cow::Borrowed(unified);
    }
    for (ending, unified) in
        [("isation", "ization"), ("isations", "ization"), ("ised", "ized"), ("ising", "izing"), ("ise", "ize")]
    {
        if lower.len() > ending.len() + 3
            && let Some(stem) = lower.strip_suffix(ending)
        {
            return Cow::Owned(format!("{stem}{unified}"));
        }
    }
    match lower.contains(',') && lower.as_bytes()[0].is_ascii_digit() {
        true => Cow::Owned(lower.replace(',', "")),
        false => Cow::Borrowed(lower),
    }
}
