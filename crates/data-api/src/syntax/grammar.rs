//! The grammar itself, rule by rule: a file for each kind of parameter.

mod filters;
mod logic;
mod names;
mod order;
mod select;

pub(super) use filters::filter_value;
pub(super) use logic::logic;
pub(super) use names::{logic_path, names, tree_path};
pub(super) use order::order;
pub(super) use select::select;
