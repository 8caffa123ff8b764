//! The walk along the foreign keys, backward from the users tables.

use tenantry_app::TableName;

use super::{Arrival, Fate, Node, PlanError, Way, fate_by_rule, referring};
use crate::facts::{Column, DeleteRule, Facts, ForeignKey, Kind};
use crate::rules::Rules;

/// Every set of rows that is reached, the users tables first.
pub(super) fn walk(facts: &Facts, rules: &Rules, erase_all: bool) -> Result<Vec<Node>, PlanError> {
    let mut walk = Walk { facts, rules, erase_all, nodes: Vec::new() };
    for root in &rules.roots {
        if facts.table(&root.table).is_none() {
            return Err(PlanError::NoUsers(root.table.clone()));
        }
        let mut node = walk.fresh(&root.table, Fate::Erase);
        node.ids = vec![root.id.clone()];
        node.columns = vec![root.id.clone()];
        walk.nodes.push(node);
    }
    walk.arrive_by_name();
    let mut next = 0;
    while next < walk.nodes.len() {
        walk.follow(next)?;
        next += 1;
    }
    Ok(walk.nodes)
}

struct Walk<'a> {
    facts: &'a Facts,
    rules: &'a Rules,
    erase_all: bool,
    nodes: Vec<Node>,
}

impl Walk<'_> {
    /// Rows that no foreign key reaches: those of tables that the manifest names, and those of the
    /// schema `auth`, where `user_id` has one meaning.
    fn arrive_by_name(&mut self) {
        for table in &self.facts.tables {
            let referring = referring(self.facts, &table.name);
            let listed = self.rules.erased.contains(&table.name);
            let is_root = self.rules.roots.iter().any(|root| root.table == table.name);
            let is_record = table.name.schema == "auth" && table.name.table == "erasures";
            if is_root || is_record || (listed && !referring.is_empty()) {
                continue;
            }
            let free = table.columns.iter().filter(|column| {
                column.can_name()
                    && !column.array
                    && !referring.contains(&column.name.as_str())
                    && (listed || column.name == "user_id")
            });
            let columns: Vec<String> = free.map(|column| column.name.clone()).collect();
            if (listed || table.name.schema == "auth") && !columns.is_empty() {
                let way = Way::Named { columns };
                self.arrive(&table.name, Fate::Erase, Arrival { way, cascades: false });
            }
        }
    }

    fn follow(&mut self, parent: usize) -> Result<(), PlanError> {
        for key in self.facts.foreign_keys.iter() {
            if key.to != self.nodes[parent].table {
                continue;
            }
            let Some(fate) = self.fate(self.nodes[parent].fate, key) else { continue };
            if fate == Fate::Keep {
                self.check_can_forget(key)?;
            }
            let way = Way::ForeignKey {
                name: key.name.clone(),
                parent,
                columns: key.columns.clone(),
                parent_columns: key.to_columns.clone(),
            };
            for column in &key.to_columns {
                let columns = &mut self.nodes[parent].columns;
                if !columns.contains(column) {
                    columns.push(column.clone());
                }
            }
            let cascades = key.on_delete == DeleteRule::Cascade;
            self.arrive(&key.from, fate, Arrival { way, cascades });
        }
        Ok(())
    }

    /// What becomes of the rows that refer to rows with a fate; `None` where nothing does.
    fn fate(&self, parent: Fate, key: &ForeignKey) -> Option<Fate> {
        let by_rule = fate_by_rule(key.on_delete);
        match parent {
            Fate::Erase => {}
            // What hangs on a row goes where the row goes.
            Fate::HandOver | Fate::Block if by_rule == Fate::Erase => return Some(parent),
            _ => return None,
        }
        if self.rules.kept.iter().any(|kept| kept.table.value == key.from) {
            return Some(Fate::Keep);
        }
        if by_rule == Fate::Forget && self.is_trail(&key.from) {
            return None;
        }
        if by_rule != Fate::Block {
            return Some(by_rule);
        }
        Some(if self.erase_all || self.rules.erased.contains(&key.from) {
            Fate::Erase
        } else if self.rules.handed_over.contains(&key.from) {
            Fate::HandOver
        } else if self.rules.roots.iter().any(|root| root.table == key.from) {
            // The users tables refer to each other; both rows are the person's.
            Fate::Erase
        } else {
            Fate::Block
        })
    }

    /// The trail forgets its people in a way of its own.
    fn is_trail(&self, table: &TableName) -> bool {
        self.rules.audit.as_ref().is_some_and(|audit| audit.table.value == *table)
    }

    fn check_can_forget(&self, key: &ForeignKey) -> Result<(), PlanError> {
        let table = self.facts.table(&key.from);
        let can = key.columns.iter().any(|name| {
            table.and_then(|table| table.column(name)).is_some_and(|column| !column.not_null)
        });
        let refused = || PlanError::CannotForget { table: key.from.clone(), key: key.name.clone() };
        if can { Ok(()) } else { Err(refused()) }
    }

    fn arrive(&mut self, table: &TableName, fate: Fate, arrival: Arrival) {
        let known = self.nodes.iter_mut().find(|node| node.table == *table && node.fate == fate);
        match known {
            Some(node) if node.arrivals.contains(&arrival) => {}
            Some(node) => node.arrivals.push(arrival),
            None => {
                let mut node = self.fresh(table, fate);
                node.arrivals.push(arrival);
                self.nodes.push(node);
            }
        }
    }

    fn fresh(&self, table: &TableName, fate: Fate) -> Node {
        let referring = referring(self.facts, table);
        let key = self.facts.table(table).into_iter().flat_map(|table| table.key());
        let own = |column: &&Column| {
            matches!(column.kind, Kind::Uuid | Kind::Text)
                && !referring.contains(&column.name.as_str())
        };
        let ids: Vec<String> = key.filter(own).map(|column| column.name.clone()).collect();
        Node { table: table.clone(), fate, arrivals: Vec::new(), columns: ids.clone(), ids }
    }
}
