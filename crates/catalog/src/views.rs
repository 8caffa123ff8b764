//! Which columns of tables a view shows, through any number of views: read from the rules that
//! PostgreSQL stores, because its catalog has no other record of it.

use std::collections::{BTreeMap, HashMap};

use crate::schema::QualifiedName;

/// A table's or view's column by the numbers that PostgreSQL gives them.
pub(crate) type ColumnNumber = (u32, i16);

/// A view with its rule.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) oid: u32,
    pub(crate) name: QualifiedName,
    pub(crate) columns: Vec<String>,
    /// For each column, in their order, where it comes from; `None` for an expression.
    pub(crate) origins: Vec<Option<ColumnNumber>>,
}

impl View {
    pub(crate) fn new(oid: u32, name: QualifiedName, rule: &str, columns: Vec<String>) -> Self {
        let mut origins = vec![None; columns.len()];
        for (position, origin) in target_list(rule) {
            if let Some(slot) =
                usize::try_from(position).ok().and_then(|place| origins.get_mut(place - 1))
            {
                *slot = Some(origin);
            }
        }
        View { oid, name, columns, origins }
    }
}

/// The columns of views, by the columns of tables that they show.
#[derive(Debug, Default)]
pub(crate) struct ViewColumns {
    /// By view: the names of its columns that show a column of a table.
    shown: Vec<(QualifiedName, BTreeMap<ColumnNumber, Vec<String>>)>,
}

impl ViewColumns {
    pub(crate) fn of(views: &[View]) -> Self {
        let by_oid: HashMap<u32, &View> = views.iter().map(|view| (view.oid, view)).collect();
        let shown = views
            .iter()
            .map(|view| {
                let mut columns: BTreeMap<ColumnNumber, Vec<String>> = BTreeMap::new();
                for (name, origin) in view.columns.iter().zip(&view.origins) {
                    for layer in layers(*origin, &by_oid) {
                        columns.entry(layer).or_default().push(name.clone());
                    }
                }
                (view.name.clone(), columns)
            })
            .collect();
        ViewColumns { shown }
    }

    /// The views that show all of these columns, with every choice of names for them.
    pub(crate) fn showing(
        &self,
        table: u32,
        numbers: &[i16],
    ) -> impl Iterator<Item = (&QualifiedName, Vec<Vec<String>>)> {
        self.shown.iter().filter_map(move |(view, columns)| {
            let names: Option<Vec<&Vec<String>>> =
                numbers.iter().map(|number| columns.get(&(table, *number))).collect();
            Some((view, choices(&names?)))
        })
    }
}

/// A view's column is its origin, and if that is a view's too, the origin's origin, and so on.
fn layers(origin: Option<ColumnNumber>, views: &HashMap<u32, &View>) -> Vec<ColumnNumber> {
    let mut found = Vec::new();
    let mut next = origin;
    while let Some(column) = next {
        if found.contains(&column) {
            break;
        }
        found.push(column);
        next = views.get(&column.0).and_then(|view| {
            let place = usize::try_from(column.1).ok()?.checked_sub(1)?;
            view.origins.get(place).copied().flatten()
        });
    }
    found
}

/// One name for each column, in every combination.
fn choices(names: &[&Vec<String>]) -> Vec<Vec<String>> {
    names.iter().fold(vec![Vec::new()], |chosen, names| {
        chosen
            .iter()
            .flat_map(|before| {
                names.iter().map(|name| {
                    let mut longer = before.clone();
                    longer.push(name.clone());
                    longer
                })
            })
            .collect()
    })
}

/// The positions of a rule's output columns with their origins.
///
/// A rule is a list with one query, written as `({QUERY :field value ...})`; the query's own fields
/// stand two brackets deep, and those of the entries of its target list four.
fn target_list(rule: &str) -> Vec<(i16, ColumnNumber)> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut in_list = false;
    let mut field = "";
    let (mut position, mut table, mut column) = (0_i16, 0_u32, 0_i16);
    for token in tokens(rule) {
        match token {
            "(" | "{" => depth += 1,
            ")" | "}" => {
                if in_list && depth == 4 {
                    if table != 0 && column > 0 {
                        found.push((position, (table, column)));
                    }
                    (position, table, column) = (0, 0, 0);
                }
                depth -= 1;
                if in_list && depth == 2 {
                    break;
                }
            }
            ":targetList" if depth == 2 => in_list = true,
            name if name.starts_with(':') => field = if depth == 4 { name } else { "" },
            value if in_list && depth == 4 => {
                match field {
                    ":resno" => position = value.parse().unwrap_or(0),
                    ":resorigtbl" => table = value.parse().unwrap_or(0),
                    ":resorigcol" => column = value.parse().unwrap_or(0),
                    _ => {}
                }
                field = "";
            }
            _ => {}
        }
    }
    found
}

/// Brackets and words; a backslash takes the next character into a word whatever it is.
fn tokens(rule: &str) -> impl Iterator<Item = &str> {
    let bytes = rule.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && bytes[at].is_ascii_whitespace() {
            at += 1;
        }
        let start = at;
        match bytes.get(at)? {
            b'(' | b')' | b'{' | b'}' => at += 1,
            _ => {
                while at < bytes.len()
                    && !bytes[at].is_ascii_whitespace()
                    && !matches!(bytes[at], b'(' | b')' | b'{' | b'}')
                {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
        }
        at = at.min(bytes.len());
        // An escaped character may have several bytes.
        while !rule.is_char_boundary(at) {
            at += 1;
        }
        Some(&rule[start..at])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = r"({QUERY :commandType 1 :rtable ({RANGETBLENTRY :subquery {QUERY :targetList ({TARGETENTRY :expr {VAR :varno 1} :resno 1 :resname x :resorigtbl 99 :resorigcol 9 :resjunk false})}}) :targetList ({TARGETENTRY :expr {VAR :varno 1 :varattno 1} :resno 1 :resname a\ \(b :ressortgroupref 0 :resorigtbl 5 :resorigcol 2 :resjunk false} {TARGETENTRY :expr {CONST :constvalue 4 [ 1 0 ]} :resno 2 :resname :resorigtbl :resorigtbl 0 :resorigcol 0 :resjunk false}) :override 0})";

    #[test]
    fn rules_tell_where_columns_come_from() {
        assert_eq!(target_list(RULE), [(1, (5, 2))]);
        assert!(target_list("").is_empty());
        assert!(target_list("({QUERY :targetList ({TARGETENTRY :resno 1").is_empty());
    }

    #[test]
    fn views_over_views_show_tables() {
        let view = |oid, name: &str, columns: &[&str], origins: &[Option<ColumnNumber>]| View {
            oid,
            name: QualifiedName::new("api", name),
            columns: columns.iter().map(ToString::to_string).collect(),
            origins: origins.to_vec(),
        };
        let views = [
            view(10, "inner", &["a", "b", "a2"], &[Some((1, 1)), Some((1, 2)), Some((1, 1))]),
            view(11, "outer", &["x", "y"], &[Some((10, 2)), Some((10, 3))]),
            view(12, "round", &["z"], &[Some((12, 1))]),
        ];
        let shown = ViewColumns::of(&views);
        let found: Vec<_> =
            shown.showing(1, &[1, 2]).map(|(view, names)| (view.name.as_str(), names)).collect();
        let names = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            found,
            [
                ("inner", vec![names(&["a", "b"]), names(&["a2", "b"])]),
                ("outer", vec![names(&["y", "x"])]),
            ]
        );
    }
}
