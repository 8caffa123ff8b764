use std::fmt::Write;

use bytes::Bytes;
use tenantry_catalog::QualifiedName;
use tenantry_postgres::{Statement, quote_identifier};

/// SQL under construction, together with its parameters: a value can only become `$n`.
#[derive(Debug, Default)]
pub struct Fragment {
    sql: String,
    parameters: Vec<Option<Bytes>>,
    aliases: usize,
}

impl Fragment {
    /// Fixed text of ours.
    pub fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// A name, quoted.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.sql.push_str(&quote_identifier(name));
        self
    }

    /// A name within a schema.
    pub fn qualified(&mut self, name: &QualifiedName) -> &mut Self {
        self.name(&name.schema).push(".").name(&name.name)
    }

    /// A column of something with an alias.
    pub fn column(&mut self, alias: &str, name: &str) -> &mut Self {
        self.push(alias).push(".").name(name)
    }

    /// A value, as the next parameter.
    pub fn value(&mut self, value: impl Into<Bytes>) -> &mut Self {
        self.parameters.push(Some(value.into()));
        let _ = write!(self.sql, "${}", self.parameters.len());
        self
    }

    /// A fresh alias that no column can be called by accident.
    pub fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("tenantry_{}", self.aliases)
    }

    /// A fresh alias for rows of a relation. It ends in the relation's name, so that what PostgreSQL
    /// says about it can be told to the client: see [`without_aliases`].
    pub fn alias_of(&mut self, relation: &QualifiedName) -> String {
        self.aliases += 1;
        quote_identifier(&format!("tenantry_{}_{}", self.aliases, relation.name))
    }

    /// Items with a separator between.
    pub fn separated<T>(
        &mut self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        mut push: impl FnMut(&mut Fragment, T),
    ) -> &mut Self {
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                self.push(separator);
            }
            push(self, item);
        }
        self
    }

    /// The statement.
    pub fn statement(self) -> Statement {
        Statement { parameters: self.parameters, ..Statement::new(self.sql) }
    }
}

/// A message of PostgreSQL's with the names of relations instead of their aliases.
pub fn without_aliases(message: &str) -> String {
    let mut told = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find("tenantry_") {
        let (before, from) = rest.split_at(at);
        let digits = from["tenantry_".len()..].bytes().take_while(u8::is_ascii_digit).count();
        let end = "tenantry_".len() + digits;
        let is_alias = digits > 0 && from[end..].starts_with('_');
        told.push_str(before);
        let kept = if is_alias { "" } else { &from[..end] };
        told.push_str(kept);
        rest = &from[if is_alias { end + 1 } else { end }..];
    }
    told + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_stay_inside() {
        for (message, expected) in [
            ("column tenantry_2_items.nope does not exist", "column items.nope does not exist"),
            ("use \"tenantry_12_a b.c\", or tenantry_1_d", "use \"a b.c\", or d"),
            ("role tenantry_auth and tenantry_2", "role tenantry_auth and tenantry_2"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_aliases(message), expected);
        }
    }
}
