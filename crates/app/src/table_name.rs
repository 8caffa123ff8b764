use std::fmt;

/// The longest name that PostgreSQL keeps whole, in bytes.
pub(crate) const LONGEST_NAME_BYTES: usize = 63;

/// A table with its schema, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The schema's name.
    pub schema: String,
    /// The table's name.
    pub table: String,
}

impl TableName {
    /// Reads `schema.table`; `None` where that is not what it is.
    pub fn parse(text: &str) -> Option<TableName> {
        let (schema, table) = text.split_once('.')?;
        let valid = is_name(schema) && is_name(table) && !table.contains('.');
        valid.then(|| TableName { schema: schema.into(), table: table.into() })
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.schema, self.table)
    }
}

/// A function with its schema, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionName {
    /// The schema's name.
    pub schema: String,
    /// The function's name.
    pub function: String,
}

impl FunctionName {
    /// Reads `schema.function`; `None` where that is not what it is.
    pub fn parse(text: &str) -> Option<FunctionName> {
        let TableName { schema, table } = TableName::parse(text)?;
        Some(FunctionName { schema, function: table })
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.schema, self.function)
    }
}

/// Whether PostgreSQL would keep this text whole as a name.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_NAME_BYTES && !text.contains(['\0', '"'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_name_has_exactly_two_parts() {
        let table = [
            ("public.users", Some(("public", "users"))),
            ("users", None),
            ("a.b.c", None),
            (".users", None),
            ("public.", None),
            ("public.us\"ers", None),
            ("", None),
        ];
        for (text, expected) in table {
            let found = TableName::parse(text);
            let parts = found.as_ref().map(|name| (name.schema.as_str(), name.table.as_str()));
            assert_eq!(parts, expected, "{text}");
        }
    }
}
