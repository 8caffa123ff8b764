//! Where in a token's claims the role is.

use serde_json::Value;

/// A path through the claims, such as `$.role` or `$.realm_access.roles[?(@ ^== "db_")]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleClaim(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    /// The first text of an array that passes.
    First(Test, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Equals,
    Differs,
    Starts,
    Ends,
    Contains,
}

/// The path cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the role claim key {0:?} is no path such as $.role or .realm.roles[0]")]
pub struct RoleClaimError(String);

impl Default for RoleClaim {
    fn default() -> Self {
        RoleClaim(vec![Step::Key("role".into())])
    }
}

impl std::str::FromStr for RoleClaim {
    type Err = RoleClaimError;

    fn from_str(path: &str) -> Result<Self, RoleClaimError> {
        let mut rest = path.trim();
        rest = rest.strip_prefix('$').unwrap_or(rest);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = step(rest).ok_or_else(|| RoleClaimError(path.to_owned()))?;
            steps.push(step);
            rest = after;
        }
        if steps.is_empty() { Err(RoleClaimError(path.to_owned())) } else { Ok(RoleClaim(steps)) }
    }
}

fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix("[?(@") {
        let rest = rest.trim_start();
        let (test, rest) = [
            ("==^", Test::Ends),
            ("^==", Test::Starts),
            ("*==", Test::Contains),
            ("==", Test::Equals),
            ("!=", Test::Differs),
        ]
        .into_iter()
        .find_map(|(sign, test)| Some((test, rest.strip_prefix(sign)?)))?;
        let (wanted, rest) = quoted(rest.trim_start())?;
        return Some((Step::First(test, wanted), rest.trim_start().strip_prefix(")]")?));
    }
    if let Some(rest) = text.strip_prefix('[') {
        if let Some((key, rest)) = quoted(rest) {
            return Some((Step::Key(key), rest.strip_prefix(']')?));
        }
        let (number, rest) = rest.split_once(']')?;
        return Some((Step::Index(number.parse().ok()?), rest));
    }
    let rest = text.strip_prefix('.')?;
    if let Some((key, rest)) = quoted(rest) {
        return Some((Step::Key(key), rest));
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    (end > 0).then(|| (Step::Key(rest[..end].to_owned()), &rest[end..]))
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let sign = text.chars().next().filter(|sign| matches!(sign, '"' | '\''))?;
    let (inside, rest) = text[1..].split_once(sign)?;
    Some((inside.to_owned(), rest))
}

impl RoleClaim {
    /// The role that these claims name; a value that is no text as JSON.
    pub(crate) fn find(&self, claims: &serde_json::Map<String, Value>) -> Option<String> {
        let (Step::Key(first), rest) = self.0.split_first()? else { return None };
        let found = rest.iter().try_fold(claims.get(first)?, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.get(index),
            Step::First(test, wanted) => value.as_array()?.iter().find(|item| {
                item.as_str().is_some_and(|text| match test {
                    Test::Equals => text == wanted,
                    Test::Differs => text != wanted,
                    Test::Starts => text.starts_with(wanted),
                    Test::Ends => text.ends_with(wanted),
                    Test::Contains => text.contains(wanted),
                })
            }),
        })?;
        Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_roles() {
        let claims = serde_json::json!({
            "role": "plain",
            "https://example.com/role": "quoted",
            "realm": {"roles": ["other", "db_writer", "admin"]},
            "number": 7
        });
        let claims = claims.as_object().unwrap();
        for (path, expected) in [
            ("$.role", Some("plain")),
            (".role", Some("plain")),
            (r#"$["https://example.com/role"]"#, Some("quoted")),
            (r#"."https://example.com/role""#, Some("quoted")),
            (".realm.roles[1]", Some("db_writer")),
            (r#".realm.roles[?(@ ^== "db_")]"#, Some("db_writer")),
            (r#".realm.roles[?(@ ==^ "min")]"#, Some("admin")),
            (r#".realm.roles[?(@ == "nobody")]"#, None),
            (".number", Some("7")),
            (".realm.none", None),
        ] {
            let claim: RoleClaim = path.parse().unwrap();
            assert_eq!(claim.find(claims).as_deref(), expected, "{path}");
        }
        for path in ["", "$", "role", ".a[", ".a[x]", "..a"] {
            assert!(path.parse::<RoleClaim>().is_err(), "{path}");
        }
    }
}
