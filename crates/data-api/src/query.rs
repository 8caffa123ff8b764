//! The third stage: SQL. One statement per request, whose single row is the answer. Pure.
//!
//! The columns of that row: the body, the number of rows in it, the total where it was asked for,
//! the keys of a written row, `response.headers` and `response.status` where user code may set them.

mod calls;
mod conditions;
mod rows;
mod writes;

use tenantry_caller::Caller;
use tenantry_postgres::{Lane, RequestSettings, Work, quote_search_path};

use self::calls::render_call;
use self::rows::render_read;
use self::writes::render_write;
use crate::api_request::{Action, ApiRequest, Media};
use crate::error::DataError;
use crate::plan::{Plan, PlannedWork};

/// What user code may set about the response.
const RESPONSE_SETTINGS: &str = "nullif(current_setting('response.headers', true), ''), nullif(current_setting('response.status', true), '')";

/// A request as SQL, ready to be run.
pub struct Query;

impl Query {
    /// Renders a plan.
    ///
    /// # Errors
    /// [`DataError::Body`] for a body that is no JSON.
    pub fn render(
        plan: &Plan,
        request: &ApiRequest,
        extra_search_path: &[String],
        settings: RequestSettings,
    ) -> Result<Work, DataError> {
        let statement = match &plan.work {
            PlannedWork::Read(read) => render_read(read, request),
            PlannedWork::Write(write) => render_write(write, request)?,
            PlannedWork::Call(call) => render_call(call, request)?,
        };
        let lane = match &plan.work {
            PlannedWork::Read(_) if plan.shareable => Lane::SharedRead,
            PlannedWork::Read(_) => Lane::Read,
            PlannedWork::Call(call)
                if !call.function.volatile || matches!(request.action, Action::Read { .. }) =>
            {
                Lane::Read
            }
            PlannedWork::Write(_) | PlannedWork::Call(_) => Lane::Write,
        };
        let path = std::iter::once(plan.schema.as_str())
            .chain(extra_search_path.iter().map(String::as_str));
        Ok(Work {
            lane,
            search_path: quote_search_path(path).into(),
            settings,
            statements: vec![statement],
            // Triggers, views and policies may call anything; only shared reads are known not to.
            runs_user_functions: matches!(plan.work, PlannedWork::Call(_)),
        })
    }

    /// Whether the rows decide if the work may stay.
    pub fn needs_decision(request: &ApiRequest, plan: &Plan) -> bool {
        let writes = !matches!(plan.work, PlannedWork::Read(_));
        let preferences = &request.preferences;
        writes
            && (request.media == Media::SingleObject
                || preferences.rollback
                || preferences.strict && preferences.max_affected.is_some())
    }

    /// Whether the caller is somebody without a person's token.
    pub fn is_anonymous(caller: &Caller, anonymous_role: &str) -> bool {
        caller.role() == anonymous_role
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method};
    use bytes::Bytes;
    use tenantry_catalog::{
        Argument, Catalog, Column, ForeignKey, Function, Relation, RelationKind, Returns,
    };

    use super::*;
    use crate::api_request::Target;
    use crate::plan::Exposed;

    fn relation(name: &str, columns: &[&str], shareable_reads: bool) -> Relation {
        let column = |name: &&str| Column {
            name: (*name).into(),
            data_type: "text".into(),
            nullable: true,
            default: None,
            generated: false,
            identity: false,
        };
        Relation {
            schema: "public".into(),
            name: name.into(),
            kind: RelationKind::Table,
            columns: columns.iter().map(column).collect(),
            primary_key: vec!["id".into()],
            shareable_reads,
        }
    }

    /// Posts with comments; whoever wrote a post; a function that searches.
    fn catalog() -> Catalog {
        let table = |name: &str| ("public".to_owned(), name.to_owned());
        let key = |name: &str, source: &str, column: &str, target: &str| ForeignKey {
            name: name.into(),
            source: table(source),
            target: table(target),
            source_columns: vec![column.into()],
            target_columns: vec!["id".into()],
            one_to_one: false,
        };
        let search = Function {
            schema: "public".into(),
            name: "search".into(),
            arguments: vec![Argument {
                name: "words".into(),
                data_type: "text".into(),
                variadic: false,
                has_default: false,
            }],
            volatile: false,
            returns: Returns::SetOfRows,
            relation: Some(table("posts")),
        };
        Catalog::of(
            vec![
                relation("posts", &["id", "title", "author", "data"], true),
                relation("comments", &["id", "post", "body"], true),
                relation("people", &["id", "name"], false),
            ],
            vec![search],
            vec![
                key("posts_author_fkey", "posts", "author", "people"),
                key("comments_post_fkey", "comments", "post", "posts"),
            ],
        )
    }

    fn work(method: &str, path: &str, body: &str, prefer: &str) -> Work {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let target = match path.strip_prefix("rpc/") {
            Some(function) => Target::Function(function.into()),
            None => Target::Relation(path.into()),
        };
        let mut headers = HeaderMap::new();
        headers.insert("prefer", prefer.parse().unwrap());
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let body = Bytes::copy_from_slice(body.as_bytes());
        let request = ApiRequest::parse(target, &method, query, &headers, body).unwrap();
        let schemas = ["public".to_owned()];
        let exposed = Exposed { schemas: &schemas, max_rows: None, public_is_default: false };
        let plan = Plan::resolve(&request, &catalog(), &exposed).unwrap();
        Query::render(&plan, &request, &[], RequestSettings::default()).unwrap()
    }

    fn sql(method: &str, path: &str, body: &str, prefer: &str) -> String {
        work(method, path, body, prefer).statements[0].sql.to_string()
    }

    #[test]
    fn a_shape_has_one_text_whatever_its_values() {
        let one = work("GET", "posts?select=id&title=eq.a&limit=3", "", "");
        let other = work("GET", "posts?select=id&title=eq.'; drop table posts --&limit=9", "", "");
        assert_eq!(one.statements[0].sql, other.statements[0].sql);
        assert_eq!(
            &*one.statements[0].sql,
            "select coalesce(json_agg(tenantry_1.*), '[]')::text, count(tenantry_1.*), null, null, null, null \
             from (select tenantry_2.\"id\" from \"public\".\"posts\" as tenantry_2 \
             where tenantry_2.\"title\" = $1 limit $2) as tenantry_1"
        );
        assert_eq!(other.statements[0].parameters[1].as_deref(), Some(&b"9"[..]));
    }

    #[test]
    fn names_are_quoted() {
        let text =
            sql("GET", "posts?select=\"ti\\\"tle\",data->\"a'b\"->>c&order=\"x;y\".desc", "", "");
        assert!(text.contains(r#""ti""tle""#), "{text}");
        assert!(text.contains("-> 'a''b' ->> 'c'"), "{text}");
        assert!(text.contains(r#"order by tenantry_2."x;y" desc"#), "{text}");
    }

    #[test]
    fn reads_find_their_lane() {
        for (path, prefer, expected) in [
            ("posts?limit=20", "", Lane::SharedRead),
            ("posts?id=eq.1", "", Lane::SharedRead),
            ("posts?id=gt.1", "", Lane::Read),
            ("posts", "", Lane::Read),
            ("posts?limit=5000", "", Lane::Read),
            ("posts?limit=20", "count=exact", Lane::Read),
            ("posts?select=id,comments(body)&limit=20", "", Lane::SharedRead),
            ("posts?select=id,people(name)&limit=20", "", Lane::Read),
            ("posts?select=computed&limit=20", "", Lane::Read),
            ("people?limit=20", "", Lane::Read),
            ("rpc/search?words=x", "", Lane::Read),
        ] {
            assert_eq!(work("GET", path, "", prefer).lane, expected, "{path}");
        }
    }

    #[test]
    fn embeds_are_lateral_joins() {
        let text = sql(
            "GET",
            "posts?select=id,people(name),comments!inner(body)&comments.limit=2",
            "",
            "",
        );
        assert!(text.contains("left join lateral (select tenantry_5.\"name\""), "{text}");
        assert!(text.contains("tenantry_5.\"id\" = tenantry_2.\"author\""), "{text}");
        assert!(text.contains("\"post\" = tenantry_2.\"id\" limit $1"), "{text}");
        assert!(text.contains("where tenantry_4.number > 0"), "{text}");
    }

    #[test]
    fn writes_return_only_what_is_asked_for() {
        let body = r#"{"title":"x","id":"1"}"#;
        let table = [
            (
                "POST",
                "posts",
                body,
                "return=minimal",
                r#"insert into "public"."posts" ("id", "title") select "id", "title" from"#,
                "returning 1)",
            ),
            (
                "POST",
                "posts?select=id",
                body,
                "return=representation",
                "json_populate_recordset(null::",
                r#"returning "id")"#,
            ),
            ("POST", "posts", body, "return=representation", "insert into", "returning *)"),
            ("POST", "posts", "{}", "", "default values", "returning 1)"),
            (
                "POST",
                "posts",
                body,
                "resolution=merge-duplicates",
                r#"on conflict ("id") do update set "title" = excluded."title""#,
                "returning 1)",
            ),
            ("POST", "posts", body, "resolution=ignore-duplicates", "do nothing", "returning 1)"),
            (
                "PATCH",
                "posts?id=eq.1",
                r#"{"title":"x"}"#,
                "",
                r#"set "title" = body."title" from"#,
                r#"where tenantry_1."id" = $2 returning 1)"#,
            ),
            (
                "DELETE",
                "posts?id=eq.1&select=title",
                "",
                "return=representation",
                r#"delete from "public"."posts" as tenantry_1"#,
                r#"returning tenantry_1."title")"#,
            ),
        ];
        for (method, path, body, prefer, first, second) in table {
            let text = sql(method, path, body, prefer);
            assert!(
                text.contains(first) && text.contains(second),
                "{method} {path} {prefer}: {text}"
            );
            assert_eq!(work(method, path, body, prefer).lane, Lane::Write);
        }
    }

    #[test]
    fn functions_take_named_arguments() {
        let text = sql("POST", "rpc/search?select=id&order=id", r#"{"words":"a"}"#, "");
        assert!(text.starts_with("with arguments as (select * from json_to_record($1::json) as given (\"words\" text))"), "{text}");
        assert!(text.contains("\"search\"(\"words\" => arguments.\"words\")"), "{text}");
        assert!(sql("GET", "rpc/search?words=a", "", "").contains("(\"words\" => $1::text)"));
    }
}
