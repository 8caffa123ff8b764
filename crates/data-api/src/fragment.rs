use std::fmt::Write;

use bytes::Bytes;
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
    pub fn qualified(&mut self, (schema, name): &(String, String)) -> &mut Self {
        self.name(schema).push(".").name(name)
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

    /// The statement.
    pub fn statement(self) -> Statement {
        Statement { sql: self.sql.into(), parameters: self.parameters }
    }
}
