//! The language of the templates: the part of Go's that people use in GoTrue's.
//!
//! `{{ .Token }}`, `{{ .Data.name }}`, `{{ if .NewEmail }}…{{ else if … }}…{{ else }}…{{ end }}` with
//! `eq`, `ne`, `and`, `or`, `not` and parentheses, `{{/* comments */}}` and the trimming `{{- … -}}`.
//! In HTML every value is escaped for the place where it stands, as Go's html/template does it;
//! a value in a place where none is safe is refused when the template is read.

mod expression;
mod html;
mod parse;

use std::fmt;

use serde_json::Value;

use self::expression::Expression;
use self::html::Escape;

pub(crate) use self::html::escape_markup;

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As they are.
    Plain,
    /// Escaped for HTML.
    Html,
}

/// A template that was read and found good.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
enum Node {
    Text(String),
    Value { line: usize, expression: Expression, escape: Escape },
    If { line: usize, branches: Vec<(Expression, Vec<Node>)>, otherwise: Vec<Node> },
}

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateFault {
    /// The line, counted from 1.
    pub(crate) line: usize,
    /// What is wrong and what to write.
    pub(crate) message: String,
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.message)
    }
}

impl Template {
    /// Reads a template.
    pub(crate) fn parse(source: &str, form: Form) -> Result<Template, TemplateFault> {
        let mut nodes = parse::parse(source)?;
        if form == Form::Html {
            let lines = source.matches('\n').count() + 1;
            html::place_values(&mut nodes, lines)?;
        }
        Ok(Template { nodes })
    }

    /// The text with these variables, a JSON object.
    pub(crate) fn render(&self, variables: &Value) -> String {
        let mut text = String::new();
        write_nodes(&self.nodes, variables, &mut text);
        text
    }
}

fn write_nodes(nodes: &[Node], variables: &Value, text: &mut String) {
    for node in nodes {
        match node {
            Node::Text(literal) => text.push_str(literal),
            Node::Value { expression, escape, .. } => {
                text.push_str(&escape.apply(&expression::text(&expression.evaluate(variables))));
            }
            Node::If { branches, otherwise, .. } => {
                let chosen = branches
                    .iter()
                    .find(|(condition, _)| expression::is_true(&condition.evaluate(variables)))
                    .map_or(otherwise, |(_, nodes)| nodes);
                write_nodes(chosen, variables, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn variables() -> Value {
        json!({
            "SiteURL": "https://example.com",
            "ConfirmationURL": "https://example.com/verify?token=a&type=signup",
            "Token": "123456",
            "Email": "ann@example.com",
            "NewEmail": "",
            "RedirectTo": "javascript:alert(1)",
            "Data": { "name": "<b>Ann & \"Bo\"</b>", "age": 5, "admin": true, "none": null, "in": { "x": "deep" } },
        })
    }

    #[test]
    fn plain_templates() {
        for (source, expected) in [
            ("Code {{ .Token }}.", "Code 123456."),
            ("{{.Token}}{{ .Token }}", "123456123456"),
            ("{{ .Data.name }}", "<b>Ann & \"Bo\"</b>"),
            ("{{ .Data.age }} {{ .Data.admin }} {{ .Data.in.x }}", "5 true deep"),
            ("[{{ .Data.none }}{{ .Data.nothing }}{{ .Data.nothing.at.all }}]", "[]"),
            ("{{ if .NewEmail }}new{{ else }}old{{ end }}", "old"),
            ("{{ if .Token }}a{{ if .NewEmail }}b{{ end }}c{{ end }}", "ac"),
            ("{{ if eq .Data.age 5 }}five{{ end }}", "five"),
            ("{{ if eq .Data.age 1 2 5 }}one of them{{ end }}", "one of them"),
            (
                "{{ if eq .Email \"x\" }}x{{ else if ne .Email `y` }}not y{{ else }}y{{ end }}",
                "not y",
            ),
            ("{{ if and .Token (not .NewEmail) }}yes{{ end }}", "yes"),
            ("{{ or .NewEmail .Email \"nobody\" }}", "ann@example.com"),
            ("{{ if eq .Data.admin true }}admin{{ end }}", "admin"),
            ("a\n  {{- .Token -}}  \n b", "a123456b"),
            ("a {{- /* said \"}}\" */ -}} b", "ab"),
            ("a{{/* a comment */}}b", "ab"),
            ("{{ \"}}\" }} { { }} {", "}} { { }} {"),
            ("{{ `raw \"text\"` }}{{ \"tab\\tquote\\\"\" }}", "raw \"text\"tab\tquote\""),
            ("", ""),
        ] {
            let template = Template::parse(source, Form::Plain);
            let found = template.map(|template| template.render(&variables()));
            assert_eq!(found.as_deref(), Ok(expected), "{source}");
        }
    }

    #[test]
    fn html_is_escaped_for_the_place() {
        for (source, expected) in [
            ("<p>{{ .Data.name }}</p>", "<p>&lt;b&gt;Ann &amp; &#34;Bo&#34;&lt;/b&gt;</p>"),
            (
                "<p title='{{ .Data.name }}'>",
                "<p title='&lt;b&gt;Ann &amp; &#34;Bo&#34;&lt;/b&gt;'>",
            ),
            (
                "<a href=\"{{ .ConfirmationURL }}\">",
                "<a href=\"https://example.com/verify?token=a&amp;type=signup\">",
            ),
            (
                "<a href=\"{{ .SiteURL }}/x?next={{ .ConfirmationURL }}&c={{ .Token }}\">",
                "<a href=\"https://example.com/x?next=https%3A%2F%2Fexample.com%2Fverify%3Ftoken%3Da%26type%3Dsignup&c=123456\">",
            ),
            ("<a href=\"{{ .RedirectTo }}\">", "<a href=\"#\">"),
            ("<a href=\" {{ .RedirectTo }}\">", "<a href=\" #\">"),
            ("<a href=\"{{ .Data.none }}{{ .RedirectTo }}\">", "<a href=\"#\">"),
            ("<a href=\"x{{ .RedirectTo }}\">", "<a href=\"x#\">"),
            (
                "<a href=\"{{ .SiteURL }}/{{ .Token }}:{{ .Token }}\">",
                "<a href=\"https://example.com/123456:123456\">",
            ),
            ("<a HREF = '{{ .RedirectTo }}'>", "<a HREF = '#'>"),
            ("<a href=\"mailto:{{ .Email }}\">", "<a href=\"mailto:ann@example.com\">"),
            (
                "<a href=\"{{ if .NewEmail }}{{ .RedirectTo }}{{ else }}{{ .SiteURL }}{{ end }}\">{{ .Token }}</a>",
                "<a href=\"https://example.com\">123456</a>",
            ),
            (
                "<!-- {{ .Data.name }} --> 1 < 2 {{ .Token }}",
                "<!-- &lt;b&gt;Ann &amp; &#34;Bo&#34;&lt;/b&gt; --> 1 < 2 123456",
            ),
            ("<style>a > b { c: d }</style>{{ .Token }}", "<style>a > b { c: d }</style>123456"),
            ("<br/><img src=x alt=\"{{ .Token }}\">", "<br/><img src=x alt=\"123456\">"),
        ] {
            let template = Template::parse(source, Form::Html);
            let found = template.map(|template| template.render(&variables()));
            assert_eq!(found.as_deref(), Ok(expected), "{source}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (source, form, line, expected) in [
            ("a\n{{ .Tokn }}", Form::Plain, 2, "no variable .Tokn"),
            ("{{ .Email.x }}", Form::Plain, 1, "only .Data has parts"),
            ("{{ Token }}", Form::Plain, 1, "`Token`"),
            ("{{ .Token", Form::Plain, 1, "is not closed"),
            ("{{ \"a }}", Form::Plain, 1, "is not closed"),
            ("{{/* a }}", Form::Plain, 1, "is not closed"),
            ("\n\n{{ if .Token }}\n", Form::Plain, 3, "no {{ end }}"),
            ("{{ end }}", Form::Plain, 1, "without an {{ if }}"),
            ("{{ if .Token }}{{ else }}{{ else }}{{ end }}", Form::Plain, 1, "after {{ else }}"),
            ("{{ if }}{{ end }}", Form::Plain, 1, "a value is missing"),
            ("{{ }}", Form::Plain, 1, "a value is missing"),
            ("{{ range .Data }}{{ end }}", Form::Plain, 1, "`range`"),
            ("{{ .Data.name | upper }}", Form::Plain, 1, "`|`"),
            ("{{ eq .Token }}", Form::Plain, 1, "`eq` needs"),
            ("{{ not .Token .Email }}", Form::Plain, 1, "`not` needs"),
            ("{{ if (not .Token }}{{ end }}", Form::Plain, 1, "`(`"),
            ("{{ .Token .Email }}", Form::Plain, 1, "one value"),
            ("<a href={{ .SiteURL }}>", Form::Html, 1, "in quotes"),
            ("<a {{ .Token }}>", Form::Html, 1, "within a tag"),
            ("<a onclick=\"{{ .Token }}\">", Form::Html, 1, "onclick"),
            ("<p style=\"{{ .Token }}\">", Form::Html, 1, "style"),
            ("<script>\n{{ .Token }}</script>", Form::Html, 2, "<script>"),
            ("<p>\n<a href=\"", Form::Html, 2, "ends within"),
            ("{{ if .Token }}<a href=\"{{ end }}", Form::Html, 1, "branches"),
        ] {
            let fault = Template::parse(source, form).unwrap_err();
            assert!(fault.message.contains(expected), "{source}: {fault}");
            assert_eq!(fault.line, line, "{source}: {fault}");
        }
    }
}
