//! The third stage: SQL. One statement per request, whose single row is the answer. Pure.
//!
//! The columns of that row: the body, the number of rows in it, the total where it was asked for,
//! the keys of a written row, `response.headers` and `response.status` where user code may set them.

use tenantry_caller::Caller;
use tenantry_postgres::{
    Lane, RequestSettings, Statement, Work, quote_identifier, quote_literal, quote_search_path,
};

use crate::api_request::{Action, ApiRequest, Media};
use crate::error::DataError;
use crate::fragment::Fragment;
use crate::plan::{
    CallArguments, CallPlan, EmbedPlan, Link, Plan, PlannedCondition, PlannedWork, ReadPlan,
    SelectedColumn, WriteKind, WritePlan, answers_rows,
};
use crate::preferences::{Representation, Resolution};
use crate::syntax::{Condition, Field, JsonKey, OrderTerm, Quantifier, Test};
use tenantry_catalog::Returns;

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

/// Where rows come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Relation,
    Written,
    Call(&'a CallPlan, &'a ApiRequest),
}

fn render_read(plan: &ReadPlan, request: &ApiRequest) -> Statement {
    let mut sql = Fragment::default();
    let page = sql.alias();
    sql.push("select ");
    push_body(&mut sql, &page, request.media);
    sql.push(&format!(", count({page}.*)"));
    push_total(&mut sql, plan, Source::Relation, request);
    sql.push(", null, null, null from (");
    push_rows(&mut sql, plan, Source::Relation, None);
    sql.push(&format!(") as {page}"));
    sql.statement()
}

/// The total of all rows, where it was asked for.
fn push_total(sql: &mut Fragment, plan: &ReadPlan, source: Source<'_>, request: &ApiRequest) {
    if request.preferences.count.is_none() {
        sql.push(", null");
        return;
    }
    sql.push(", (select count(*) from (");
    push_matching(sql, plan, source);
    sql.push(") as counted)");
}

fn push_body(sql: &mut Fragment, page: &str, media: Media) {
    match media {
        Media::Json => sql.push(&format!("coalesce(json_agg({page}.*), '[]')::text")),
        Media::SingleObject => sql.push(&format!("(json_agg({page}.*) -> 0)::text")),
        Media::Csv => sql.push(&format!(
            "coalesce((array_agg(array_to_string(array(select json_object_keys(row_to_json({page}.*))), ',')))[1], '') \
             || coalesce(E'\\n' || string_agg(substr({page}::text, 2, length({page}::text) - 2), E'\\n'), '')"
        )),
    };
}

fn render_write(plan: &WritePlan, request: &ApiRequest) -> Result<Statement, DataError> {
    let mut sql = Fragment::default();
    sql.push("with written as (");
    match &plan.kind {
        WriteKind::Insert { conflict } => push_insert(&mut sql, plan, conflict.as_ref(), request)?,
        WriteKind::Update => push_update(&mut sql, plan, request)?,
        WriteKind::Delete => push_delete(&mut sql, plan),
    }
    sql.push(") ");
    let page = sql.alias();
    match request.preferences.representation {
        Representation::Full => {
            sql.push("select ");
            push_body(&mut sql, &page, request.media);
            sql.push(&format!(", count({page}.*)"));
        }
        _ => {
            sql.push(&format!("select null, count({page}.*)"));
        }
    }
    sql.push(", null, ");
    match request.preferences.representation {
        Representation::HeadersOnly if !plan.primary_key.is_empty() => push_key(&mut sql, plan),
        _ => {
            sql.push("null");
        }
    }
    sql.push(", ").push(RESPONSE_SETTINGS).push(" from (");
    if request.preferences.representation == Representation::Full {
        push_rows(&mut sql, &plan.answer, Source::Written, None);
    } else {
        sql.push("select 1 from written");
    }
    sql.push(&format!(") as {page}"));
    Ok(sql.statement())
}

/// The first written row's key as a JSON array of texts.
fn push_key(sql: &mut Fragment, plan: &WritePlan) {
    sql.push("(select json_build_array(");
    for (place, column) in plan.primary_key.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { "" }).push("written.").name(column).push("::text");
    }
    sql.push(")::text from written limit 1)");
}

fn push_insert(
    sql: &mut Fragment,
    plan: &WritePlan,
    conflict: Option<&(Vec<String>, Resolution)>,
    request: &ApiRequest,
) -> Result<(), DataError> {
    sql.push("insert into ").qualified(&plan.relation);
    if plan.columns.is_empty() {
        match plan.body_rows {
            // An empty array inserts nothing; empty objects insert rows of defaults.
            1 => {
                sql.push(" default values");
            }
            rows => {
                sql.push(&format!(" select from generate_series(1, {rows})"));
            }
        }
    } else {
        sql.push(" (");
        push_names(sql, &plan.columns);
        sql.push(") select ");
        push_names(sql, &plan.columns);
        sql.push(" from ");
        push_body_rows(sql, plan, request)?;
    }
    if let Some((columns, resolution)) = conflict {
        sql.push(" on conflict (");
        push_names(sql, columns);
        sql.push(")");
        let updated: Vec<&String> =
            plan.columns.iter().filter(|column| !columns.contains(column)).collect();
        match resolution {
            Resolution::Ignore => {
                sql.push(" do nothing");
            }
            Resolution::Merge if updated.is_empty() => {
                sql.push(" do nothing");
            }
            Resolution::Merge => {
                sql.push(" do update set ");
                for (place, column) in updated.into_iter().enumerate() {
                    sql.push(if place > 0 { ", " } else { "" })
                        .name(column)
                        .push(" = excluded.")
                        .name(column);
                }
            }
        }
    }
    push_returning(sql, plan, None);
    Ok(())
}

/// The body's objects as rows of the relation's type.
fn push_body_rows(
    sql: &mut Fragment,
    plan: &WritePlan,
    request: &ApiRequest,
) -> Result<(), DataError> {
    let text = request.json_body()?;
    let array =
        if text.trim_start().starts_with('[') { text.to_owned() } else { format!("[{text}]") };
    sql.push("json_populate_recordset(null::")
        .qualified(&plan.relation)
        .push(", ")
        .value(array)
        .push("::json) as body");
    Ok(())
}

fn push_update(
    sql: &mut Fragment,
    plan: &WritePlan,
    request: &ApiRequest,
) -> Result<(), DataError> {
    let target = sql.alias();
    if plan.columns.is_empty() {
        // Nothing to set is nothing to do.
        sql.push("select * from ")
            .qualified(&plan.relation)
            .push(&format!(" as {target} where false"));
        return Ok(());
    }
    sql.push("update ").qualified(&plan.relation).push(&format!(" as {target} set "));
    for (place, column) in plan.columns.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { "" }).name(column).push(" = body.").name(column);
    }
    sql.push(" from (select * from ");
    push_body_rows(sql, plan, request)?;
    sql.push(" limit 1) as body");
    push_where(sql, plan, &target);
    push_returning(sql, plan, Some(&target));
    Ok(())
}

fn push_delete(sql: &mut Fragment, plan: &WritePlan) {
    let target = sql.alias();
    sql.push("delete from ").qualified(&plan.relation).push(&format!(" as {target}"));
    push_where(sql, plan, &target);
    push_returning(sql, plan, Some(&target));
}

fn push_where(sql: &mut Fragment, plan: &WritePlan, target: &str) {
    for (place, condition) in plan.conditions.iter().enumerate() {
        sql.push(if place > 0 { " and " } else { " where " });
        push_condition(sql, condition, target);
    }
}

/// Only the columns that the answer needs: returning one needs the right to read it.
fn push_returning(sql: &mut Fragment, plan: &WritePlan, target: Option<&str>) {
    sql.push(" returning ");
    let prefix = target.map(|target| format!("{target}.")).unwrap_or_default();
    match &plan.returning {
        None => {
            sql.push(&prefix).push("*");
        }
        Some(columns) if columns.is_empty() => {
            sql.push("1");
        }
        Some(columns) => {
            for (place, column) in columns.iter().enumerate() {
                sql.push(if place > 0 { ", " } else { "" }).push(&prefix).name(column);
            }
        }
    }
}

fn push_names(sql: &mut Fragment, names: &[String]) {
    for (place, name) in names.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { "" }).name(name);
    }
}

fn render_call(plan: &CallPlan, request: &ApiRequest) -> Result<Statement, DataError> {
    let mut sql = Fragment::default();
    let source = Source::Call(plan, request);
    if let CallArguments::Body(arguments) = &plan.arguments
        && !arguments.is_empty()
    {
        sql.push("with arguments as (select * from json_to_record(")
            .value(request.json_body()?.to_owned());
        sql.push("::json) as given (");
        for (place, (name, data_type)) in arguments.iter().enumerate() {
            sql.push(if place > 0 { ", " } else { "" }).name(name).push(" ").push(data_type);
        }
        sql.push(")) ");
    }
    let page = sql.alias();
    sql.push("select ");
    match plan.function.returns {
        Returns::Void => {
            sql.push("null, 1");
        }
        Returns::Scalar => {
            sql.push(&format!("coalesce((json_agg({page}.value) -> 0)::text, 'null'), count(*)"));
        }
        Returns::SetOfScalar => {
            sql.push(&format!("coalesce(json_agg({page}.value), '[]')::text, count(*)"));
        }
        Returns::Row => {
            sql.push(&format!(
                "coalesce((json_agg({page}.*) -> 0)::text, 'null'), count({page}.*)"
            ));
        }
        Returns::SetOfRows => {
            push_body(&mut sql, &page, request.media);
            sql.push(&format!(", count({page}.*)"));
        }
    }
    // Counting would call the function again, so the total is that of its rows without a limit.
    sql.push(", null, null, ").push(RESPONSE_SETTINGS).push(" from (");
    if answers_rows(&plan.function) {
        push_rows(&mut sql, &plan.answer, source, None);
    } else {
        push_source(&mut sql, &plan.answer, source);
    }
    sql.push(&format!(") as {page}"));
    if !answers_rows(&plan.function) && plan.function.returns != Returns::Void {
        sql.push("(value)");
    }
    Ok(sql.statement())
}

/// `select ... from ...` for one level and everything below it.
fn push_rows(
    sql: &mut Fragment,
    plan: &ReadPlan,
    source: Source<'_>,
    parent: Option<(&str, &Link)>,
) {
    let own = sql.alias();
    let embeds: Vec<String> = plan.embeds.iter().map(|_| sql.alias()).collect();
    sql.push("select ");
    push_columns(sql, plan, &own, &embeds);
    push_from(sql, plan, source, &own, &embeds, parent, true);
    push_order(sql, &plan.order, &own);
    if let Some(limit) = plan.limit {
        sql.push(" limit ").value(limit.to_string());
    }
    if plan.offset > 0 {
        sql.push(" offset ").value(plan.offset.to_string());
    }
}

/// The rows that match, whatever the page: for counting.
fn push_matching(sql: &mut Fragment, plan: &ReadPlan, source: Source<'_>) {
    let own = sql.alias();
    let embeds: Vec<String> = plan.embeds.iter().map(|_| sql.alias()).collect();
    let restricts = plan.embeds.iter().any(|embed| embed.inner)
        || plan
            .conditions
            .iter()
            .any(|condition| matches!(condition, PlannedCondition::EmbedIsNull(..)));
    sql.push("select 1");
    push_from(sql, plan, source, &own, &embeds, None, restricts);
}

fn push_columns(sql: &mut Fragment, plan: &ReadPlan, own: &str, embeds: &[String]) {
    let mut first = true;
    let mut comma = |sql: &mut Fragment| {
        if !std::mem::take(&mut first) {
            sql.push(", ");
        }
    };
    for column in &plan.columns {
        comma(sql);
        match column {
            SelectedColumn::All => {
                sql.push(own).push(".*");
            }
            SelectedColumn::Field { field, alias, cast } => {
                match cast {
                    // A cast names a type, which is a name like any other.
                    Some(cast) => {
                        sql.push("cast(");
                        push_field(sql, field, own);
                        sql.push(" as ").push(&type_name(cast)).push(")");
                    }
                    None => push_field(sql, field, own),
                }
                let name = alias.clone().unwrap_or_else(|| output_name(field));
                if alias.is_some() || cast.is_some() || !field.steps.is_empty() {
                    sql.push(" as ").name(&name);
                }
            }
        }
    }
    for (embed, alias) in plan.embeds.iter().zip(embeds) {
        comma(sql);
        match (embed.spread, embed.to_one) {
            (true, true) => {
                sql.push(alias).push(".*");
            }
            (_, true) => {
                sql.push(&format!("row_to_json({alias}.*) as ")).name(&embed.name);
            }
            (_, false) => {
                sql.push(alias).push(".rows as ").name(&embed.name);
            }
        }
    }
}

/// The key that a path ends in; an index is not a name, so the last one before it is.
fn output_name(field: &Field) -> String {
    field
        .steps
        .iter()
        .rev()
        .find_map(|step| match &step.key {
            JsonKey::Name(name) => Some(name.clone()),
            JsonKey::Index(_) => None,
        })
        .unwrap_or_else(|| field.column.clone())
}

/// A type's name: common ones are keywords with a meaning of their own, so a plain word stays bare.
fn type_name(written: &str) -> String {
    let plain = written.chars().all(|character| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_'
    });
    if plain && written.starts_with(|character: char| character.is_ascii_lowercase()) {
        written.to_owned()
    } else {
        quote_identifier(written)
    }
}

fn push_from(
    sql: &mut Fragment,
    plan: &ReadPlan,
    source: Source<'_>,
    own: &str,
    embeds: &[String],
    parent: Option<(&str, &Link)>,
    with_embeds: bool,
) {
    sql.push(" from ");
    match source {
        Source::Relation => {
            sql.qualified(&plan.relation).push(" as ").push(own);
        }
        Source::Written => {
            sql.push("written as ").push(own);
        }
        Source::Call(..) => {
            sql.push("(");
            push_source(sql, plan, source);
            sql.push(") as ").push(own);
        }
    }
    let mut wheres: Vec<Where<'_>> = Vec::new();
    if let Some((parent, link)) = parent {
        push_link(sql, link, own, parent, &mut wheres);
    }
    if with_embeds {
        for (embed, alias) in plan.embeds.iter().zip(embeds) {
            push_embed(sql, embed, alias, own);
            if embed.inner && !embed.to_one {
                wheres.push(Where::Text(format!("{alias}.number > 0")));
            }
        }
    }
    for condition in &plan.conditions {
        wheres.push(match condition {
            PlannedCondition::On(condition) => Where::On(condition),
            PlannedCondition::EmbedIsNull(place, is_null) => {
                Where::Text(match (plan.embeds[*place].to_one, is_null) {
                    (true, true) => format!("row_to_json({}.*) is null", embeds[*place]),
                    (true, false) => format!("row_to_json({}.*) is not null", embeds[*place]),
                    (false, true) => format!("{}.number = 0", embeds[*place]),
                    (false, false) => format!("{}.number > 0", embeds[*place]),
                })
            }
        });
    }
    for (place, one) in wheres.into_iter().enumerate() {
        sql.push(if place > 0 { " and " } else { " where " });
        match one {
            Where::Text(text) => {
                sql.push(&text);
            }
            Where::On(condition) => push_condition(sql, condition, own),
        }
    }
}

enum Where<'a> {
    Text(String),
    On(&'a Condition),
}

fn push_link(
    sql: &mut Fragment,
    link: &Link,
    own: &str,
    parent: &str,
    wheres: &mut Vec<Where<'_>>,
) {
    let equal = |left: &str, (one, other): &(String, String), right: &str| {
        format!("{left}.{} = {right}.{}", quote_identifier(one), quote_identifier(other))
    };
    match link {
        Link::Direct(pairs) => {
            wheres.extend(pairs.iter().map(|pair| Where::Text(equal(own, pair, parent))))
        }
        Link::Junction { relation, to_child, to_parent } => {
            let junction = sql.alias();
            sql.push(", ").qualified(relation).push(" as ").push(&junction);
            wheres.extend(to_child.iter().map(|pair| Where::Text(equal(own, pair, &junction))));
            wheres.extend(to_parent.iter().map(|pair| Where::Text(equal(&junction, pair, parent))));
        }
    }
}

fn push_embed(sql: &mut Fragment, embed: &EmbedPlan, alias: &str, own: &str) {
    let parent = Some((own, &embed.link));
    if embed.to_one {
        sql.push(if embed.inner { " join lateral (" } else { " left join lateral (" });
        push_rows(sql, &embed.plan, Source::Relation, parent);
    } else {
        let rows = sql.alias();
        sql.push(" left join lateral (select coalesce(json_agg(").push(&rows);
        sql.push(".*), '[]'::json) as rows, count(*) as number from (");
        push_rows(sql, &embed.plan, Source::Relation, parent);
        sql.push(") as ").push(&rows);
    }
    sql.push(") as ").push(alias).push(" on true");
}

/// The call itself, as a query of its result's columns.
fn push_source(sql: &mut Fragment, plan: &ReadPlan, source: Source<'_>) {
    let Source::Call(call, request) = source else {
        sql.push("select * from ").qualified(&plan.relation);
        return;
    };
    let result = sql.alias();
    let from_body =
        matches!(&call.arguments, CallArguments::Body(arguments) if !arguments.is_empty());
    sql.push("select ").push(&result).push(".* from ");
    if from_body {
        sql.push("arguments, lateral ");
    }
    sql.qualified(&(call.function.schema.clone(), call.function.name.clone())).push("(");
    match &call.arguments {
        CallArguments::Whole => {
            let data_type = &call.function.arguments[0].data_type;
            sql.value(request.body.clone()).push("::").push(data_type);
        }
        CallArguments::Body(arguments) => {
            for (place, (name, _)) in arguments.iter().enumerate() {
                push_argument(sql, call, place, name);
                sql.push("arguments.").name(name);
            }
        }
        CallArguments::Query(arguments) => {
            for (place, (name, data_type, value)) in arguments.iter().enumerate() {
                push_argument(sql, call, place, name);
                sql.value(value.clone()).push("::").push(data_type);
            }
        }
    }
    sql.push(") as ").push(&result);
}

fn push_argument(sql: &mut Fragment, call: &CallPlan, place: usize, name: &str) {
    let variadic =
        call.function.arguments.iter().any(|argument| argument.name == name && argument.variadic);
    sql.push(if place > 0 { ", " } else { "" })
        .push(if variadic { "variadic " } else { "" })
        .name(name)
        .push(" => ");
}

fn push_order(sql: &mut Fragment, order: &[OrderTerm], own: &str) {
    for (place, term) in order.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { " order by " });
        push_field(sql, &term.field, own);
        if term.descending {
            sql.push(" desc");
        }
        match term.nulls_first {
            Some(true) => {
                sql.push(" nulls first");
            }
            Some(false) => {
                sql.push(" nulls last");
            }
            None => {}
        }
    }
}

fn push_field(sql: &mut Fragment, field: &Field, own: &str) {
    sql.push(own).push(".").name(&field.column);
    for step in &field.steps {
        sql.push(if step.as_text { " ->> " } else { " -> " });
        match &step.key {
            JsonKey::Index(index) => {
                sql.push(&index.to_string());
            }
            JsonKey::Name(name) => {
                sql.push(quote_literal(name).trim_start());
            }
        }
    }
}

fn push_condition(sql: &mut Fragment, condition: &Condition, own: &str) {
    match condition {
        Condition::Group { negated, any, conditions } => {
            sql.push(if *negated { "not (" } else { "(" });
            for (place, one) in conditions.iter().enumerate() {
                if place > 0 {
                    sql.push(if *any { " or " } else { " and " });
                }
                push_condition(sql, one, own);
            }
            sql.push(")");
        }
        Condition::Filter { field, negated, test } => {
            sql.push(if *negated { "not (" } else { "" });
            push_test(sql, field, test, own);
            sql.push(if *negated { ")" } else { "" });
        }
    }
}

fn push_test(sql: &mut Fragment, field: &Field, test: &Test, own: &str) {
    // A path compares looser than the operators of its own expression.
    let wrapped = !field.steps.is_empty();
    sql.push(if wrapped { "(" } else { "" });
    push_field(sql, field, own);
    sql.push(if wrapped { ") " } else { " " });
    match test {
        Test::Compare(operator, value) => {
            sql.push(operator).push(" ").value(value.clone());
        }
        Test::Quantified(operator, quantifier, value) => {
            let (word, values) = match quantifier {
                Quantifier::Any => (" any (", value),
                Quantifier::All => (" all (", value),
            };
            let values =
                if operator.contains("like") { values.replace('*', "%") } else { values.clone() };
            sql.push(operator).push(word).value(values).push(")");
        }
        Test::In(values) => {
            sql.push("= any (").value(array_literal(values)).push(")");
        }
        Test::Is(text) => {
            sql.push(text);
        }
        Test::FullText(function, language, query) => {
            sql.push("@@ ").push(function).push("(");
            if let Some(language) = language {
                sql.push(quote_literal(language).trim_start()).push("::regconfig, ");
            }
            sql.value(query.clone()).push(")");
        }
    }
}

/// An array literal whose elements are all quoted, so that none means anything but itself.
fn array_literal(values: &[String]) -> String {
    let quoted: Vec<String> = values
        .iter()
        .map(|value| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    format!("{{{}}}", quoted.join(","))
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
