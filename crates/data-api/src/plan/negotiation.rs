//! Content negotiation (RFC 9110, 12): the first media type that the client accepts and that can
//! be made of these rows.

use tenantry_catalog::QualifiedName;

use super::{Handler, Planner, ReadPlan};
use crate::api_request::media_type::MediaType;
use crate::api_request::preferences::Representation;
use crate::api_request::{Action, ApiRequest, CallMethod};
use crate::error::DataError;

impl Planner<'_> {
    /// How the answer is made, and its media type.
    pub(super) fn negotiate(
        &self,
        rows_of: &QualifiedName,
        answer: &ReadPlan,
    ) -> Result<(Handler, MediaType), DataError> {
        let request = self.request;
        let selects_all = answer.embeds.is_empty()
            && matches!(&answer.columns[..], [only] if only.field.name == "*"
                && only.aggregate.is_none() && only.cast.is_none() && only.alias.is_none());
        let made = request
            .accepts
            .iter()
            .find_map(|(accepted, _)| self.handler(accepted, rows_of, selects_all))
            .ok_or_else(|| not_made(request))?;
        let shows_nothing = match request.action {
            Action::Read { head } => head,
            Action::Call(method) => method == CallMethod::Head,
            action => {
                action.writes() && request.preferences.representation != Some(Representation::Full)
            }
        };
        let (handler, media_type) = made;
        Ok((if shows_nothing { Handler::Nothing } else { handler }, media_type))
    }

    fn handler(
        &self,
        accepted: &MediaType,
        rows_of: &QualifiedName,
        selects_all: bool,
    ) -> Option<(Handler, MediaType)> {
        match accepted {
            MediaType::Object { without_nulls } => {
                Some((Handler::Object { without_nulls: *without_nulls }, accepted.clone()))
            }
            MediaType::ArrayWithoutNulls => Some((Handler::JsonWithoutNulls, accepted.clone())),
            MediaType::Plan(plan) if self.config.plans => {
                let (handler, _) = self.handler(&plan.of, rows_of, selects_all)?;
                Some((handler, accepted.clone()))
            }
            MediaType::Plan(_) => None,
            other => self.own_handler(other, rows_of, selects_all).or_else(|| built_in(other)),
        }
    }

    /// A handler of the application's: one for these rows before one for any, and of those for
    /// these rows one that makes everything before one that makes this type.
    fn own_handler(
        &self,
        accepted: &MediaType,
        rows_of: &QualifiedName,
        selects_all: bool,
    ) -> Option<(Handler, MediaType)> {
        let handlers = self.catalog.media_handlers();
        let makes = |made: &str, wanted: &MediaType| MediaType::parse(made) == *wanted;
        let of_these = |wanted: &MediaType| {
            handlers.iter().find(|handler| {
                selects_all
                    && handler.target.as_ref() == Some(rows_of)
                    && makes(&handler.media_type, wanted)
            })
        };
        let of_any = || {
            handlers
                .iter()
                .find(|handler| handler.target.is_none() && makes(&handler.media_type, accepted))
        };
        // What a function returns as a media type is nothing else, whoever takes anything.
        let as_returned = || {
            handlers.iter().find(|handler| {
                *accepted == MediaType::Any
                    && !handler.is_aggregate
                    && handler.target.as_ref() == Some(rows_of)
            })
        };
        let handler = of_these(&MediaType::Any)
            .or_else(|| of_these(accepted))
            .or_else(of_any)
            .or_else(as_returned)?;
        let media_type = match MediaType::parse(&handler.media_type) {
            MediaType::Any => MediaType::Bytes,
            other => other,
        };
        let is_binary = handler.is_binary;
        let made = if handler.is_aggregate {
            let (function, of) = (handler.function.clone(), handler.target.clone());
            Handler::Aggregate { function, of, is_binary }
        } else {
            Handler::AsReturned { is_binary }
        };
        Some((made, media_type))
    }
}

fn built_in(accepted: &MediaType) -> Option<(Handler, MediaType)> {
    match accepted {
        MediaType::Any | MediaType::Json => Some((Handler::Json, MediaType::Json)),
        MediaType::Csv => Some((Handler::Csv, MediaType::Csv)),
        MediaType::GeoJson => Some((Handler::GeoJson, MediaType::GeoJson)),
        _ => None,
    }
}

/// The error that tells what was asked for.
pub(super) fn not_made(request: &ApiRequest) -> DataError {
    DataError::MediaType(request.accepts.iter().map(|(_, text)| text.clone()).collect())
}
