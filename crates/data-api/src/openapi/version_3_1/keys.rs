//! Keys and identifiers: OpenAPI allows few characters in them, PostgreSQL any in names.

use std::collections::{HashMap, HashSet};

use tenantry_catalog::Relation;

/// The keys that are given to relations, and those that are taken.
pub(super) struct Keys {
    of_relations: HashMap<String, String>,
    error: String,
    taken: HashSet<String>,
}

impl Keys {
    /// Keys for relations; those of their bodies are free, too.
    pub(super) fn of(relations: &[&Relation]) -> Self {
        let mut keys = Keys {
            of_relations: HashMap::new(),
            error: "Error".into(),
            taken: HashSet::from(["Error".to_owned()]),
        };
        for relation in relations {
            let key = keys.free(&relation.name.name, |key, taken| {
                taken.contains(&format!("{key}.insert")) || taken.contains(&format!("{key}.update"))
            });
            keys.taken.extend([format!("{key}.insert"), format!("{key}.update")]);
            keys.of_relations.insert(relation.name.name.clone(), key);
        }
        keys
    }

    /// The key of a relation that is described.
    pub(super) fn relation(&self, name: &str) -> Option<&str> {
        self.of_relations.get(name).map(String::as_str)
    }

    /// The key of errors.
    pub(super) fn error(&self) -> &str {
        &self.error
    }

    /// An identifier that nobody else has.
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        self.free(wanted, |_, _| false)
    }

    fn free(
        &mut self,
        wanted: &str,
        is_in_the_way: impl Fn(&str, &HashSet<String>) -> bool,
    ) -> String {
        let base = allowed(wanted);
        let mut key = base.clone();
        let mut number = 2;
        while self.taken.contains(&key) || is_in_the_way(&key, &self.taken) {
            key = format!("{base}_{number}");
            number += 1;
        }
        self.taken.insert(key.clone());
        key
    }
}

/// A name with what is not allowed in a key replaced (OpenAPI 3.1, "Components Object").
fn allowed(name: &str) -> String {
    let is_allowed =
        |found: char| found.is_ascii_alphanumeric() || matches!(found, '.' | '-' | '_');
    name.chars().map(|found| if is_allowed(found) { found } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_allowed_and_unique() {
        let mut keys = Keys::of(&[]);
        for (wanted, expected) in [
            ("items", "items"),
            ("two words", "two_words"),
            ("two_words", "two_words_2"),
            ("Größe", "Gr__e"),
            ("Error", "Error_2"),
        ] {
            assert_eq!(keys.unique(wanted), expected);
        }
    }
}
