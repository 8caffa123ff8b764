//! The embeds of a request as a tree, each with its own filters, order and limit, before anything
//! is looked up in the catalog.

use crate::api_request::ApiRequest;
use crate::api_request::range::Range;
use crate::error::DataError;
use crate::syntax::{Embed, Filter, Logic, OrderTerm, SelectColumn, SelectItem};

/// The root, or an embed.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// How it is embedded; nothing for the root.
    pub(super) embed: Option<&'a Embed>,
    pub(super) columns: Vec<&'a SelectColumn>,
    pub(super) filters: Vec<&'a Filter>,
    pub(super) logic: Vec<&'a Logic>,
    pub(super) order: &'a [OrderTerm],
    pub(super) range: Range,
    pub(super) children: Vec<Node<'a>>,
    /// Whether it was named by its relation although it has an alias.
    pub(super) by_legacy_name: bool,
}

impl<'a> Node<'a> {
    /// The tree of a request. `filters_root`: whether the root's own filters choose rows of the
    /// answer rather than rows to be written.
    pub(super) fn of(
        request: &'a ApiRequest,
        filters_root: bool,
        legacy_names: bool,
    ) -> Result<Self, DataError> {
        let query = &request.query;
        let mut root = Node::of_items(None, &query.select);
        for (path, filter) in &query.filters {
            if filters_root || !path.is_empty() {
                root.at(path, legacy_names)?.filters.push(filter);
            }
        }
        for (path, order) in &query.orders {
            root.at(path, legacy_names)?.order = order;
        }
        let writes = request.action.writes();
        for (path, range) in query.ranges.iter().filter(|(path, _)| !path.is_empty() && !writes) {
            root.at(path, legacy_names)?.range = *range;
        }
        if !writes {
            root.range = request.range;
        }
        for (path, logic) in &query.logic {
            if filters_root || !path.is_empty() {
                root.at(path, legacy_names)?.logic.push(logic);
            }
        }
        Ok(root)
    }

    fn of_items(embed: Option<&'a Embed>, items: &'a [SelectItem]) -> Self {
        let mut node = Node {
            embed,
            columns: Vec::new(),
            filters: Vec::new(),
            logic: Vec::new(),
            order: &[],
            range: Range::default(),
            children: Vec::new(),
            by_legacy_name: false,
        };
        for item in items {
            match item {
                SelectItem::Column(column) => node.columns.push(column),
                SelectItem::Embed(embed) => {
                    node.children.push(Node::of_items(Some(embed), &embed.items));
                }
            }
        }
        node
    }

    /// What it is called: by its alias, else by what it names.
    pub(super) fn name(&self) -> &'a str {
        self.embed.map_or("", |embed| embed.alias.as_deref().unwrap_or(&embed.target))
    }

    /// The node that a path leads to.
    fn at(&mut self, path: &[String], legacy_names: bool) -> Result<&mut Node<'a>, DataError> {
        let Some((first, rest)) = path.split_first() else { return Ok(self) };
        let by_name = self.children.iter().position(|child| child.name() == first);
        let by_target = || {
            self.children
                .iter()
                .position(|child| child.embed.is_some_and(|embed| embed.target == *first))
        };
        let place = match by_name {
            Some(place) => place,
            None => match by_target() {
                Some(place) if legacy_names => {
                    self.children[place].by_legacy_name = true;
                    place
                }
                legacy => {
                    let alias = legacy.map(|place| self.children[place].name().to_owned());
                    return Err(DataError::NotEmbedded { name: first.clone(), alias });
                }
            },
        };
        self.children[place].at(rest, legacy_names)
    }

    /// Every embed that was named by its relation: name and alias.
    pub(super) fn legacy_names(&self) -> Vec<(String, String)> {
        let own = self
            .embed
            .filter(|_| self.by_legacy_name)
            .and_then(|embed| Some((embed.target.clone(), embed.alias.clone()?)));
        own.into_iter().chain(self.children.iter().flat_map(Node::legacy_names)).collect()
    }
}
