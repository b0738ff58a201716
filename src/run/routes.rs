//! What a page asks for, and who is refused.

use std::convert::Infallible;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::Runner;
use super::act::Act;
use super::catalogue::{self, Offer, Values};
use crate::exercises;

/// How many events may wait for a page to read them; the largest are pieces of output and a picture.
const EVENTS: usize = 16;

const TOKEN: HeaderName = HeaderName::from_static("x-reader-token");
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is refused: a status and one sentence.
type Refusal = (StatusCode, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    run: String,
    #[serde(default)]
    inputs: Values,
}

/// `GET /.reader/programs`, `GET /.reader/exercises` and `POST /.reader/runs`. Requests for another host must have been refused.
pub fn routes(runner: Runner) -> Router {
    let only_post = async || {
        refuse((StatusCode::METHOD_NOT_ALLOWED, "A run is started by POST.".to_owned()))
    };
    Router::new()
        .route("/.reader/programs", get(programs))
        .route("/.reader/exercises", get(solved))
        .route("/.reader/runs", post(start).fallback(only_post))
        .with_state(runner)
}

fn refuse((status, sentence): Refusal) -> Response {
    (status, Json(json!({ "error": sentence }))).into_response()
}

fn refusal(status: StatusCode, sentence: &str) -> Refusal {
    (status, sentence.to_owned())
}

async fn programs(State(runner): State<Runner>) -> Response {
    let found = spawn_blocking(move || {
        let python = runner.python().map(|python| python.version.clone());
        let runs = catalogue::read(&runner.0.root)?;
        anyhow::Ok(json!({ "python": python, "runs": runs }))
    });
    match found.await {
        Ok(Ok(found)) => Json(found).into_response(),
        Ok(Err(error)) => refuse(broken(&error)),
        Err(_) => refuse(refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The list of programs cannot be read.",
        )),
    }
}

fn broken(error: &anyhow::Error) -> Refusal {
    let why = format!("{error:#}").replace(char::is_control, " ");
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("The list of programs cannot be read: {why}."),
    )
}

async fn solved(State(runner): State<Runner>) -> Response {
    let exercises = spawn_blocking(move || exercises::read(&runner.0.root)).await;
    Json(json!({ "exercises": exercises.unwrap_or_default() })).into_response()
}

async fn start(State(runner): State<Runner>, request: Request) -> Response {
    match admit(runner, request).await {
        Ok(response) => response,
        Err(refusal) => refuse(refusal),
    }
}

async fn admit(runner: Runner, request: Request) -> Result<Response, Refusal> {
    may_run(&runner, request.headers())?;
    let shared = &runner.0;
    let body = to_bytes(request.into_body(), shared.limits.request);
    let body = timeout(shared.limits.patience, body)
        .await
        .map_err(|_| refusal(StatusCode::REQUEST_TIMEOUT, "The request did not end."))?
        .map_err(|_| {
            refusal(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The request is too large or was cut off.",
            )
        })?;
    let asked: Asked = serde_json::from_slice(&body).map_err(|_| {
        refusal(
            StatusCode::BAD_REQUEST,
            "The request must be a JSON object with `run` and perhaps `inputs`.",
        )
    })?;

    // The place comes first: a thousand requests at once must not read the list a thousand times. A refusal gives it up.
    let number = runner.next_number();
    let place = shared.queue.enter(number).ok_or_else(|| {
        refusal(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many runs wait already: stop one of them, or try again later.",
        )
    })?;
    let offer = find(&runner, asked.run).await?;
    let command = offer
        .command_with(&asked.inputs)
        .map_err(|sentence| (StatusCode::BAD_REQUEST, sentence))?;

    let (events, told) = mpsc::channel(EVENTS);
    let act = Act { runner: runner.clone(), offer, command, number, events };
    tokio::spawn(act.perform(place));
    let told = stream::unfold(told, async |mut told| {
        let event = told.recv().await?;
        Some((Ok::<_, Infallible>(event.to_sse()), told))
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::default()).into_response())
}

async fn find(runner: &Runner, name: String) -> Result<Offer, Refusal> {
    let root = runner.0.root.clone();
    let offers = spawn_blocking(move || catalogue::read(&root)).await;
    let offers = match offers {
        Ok(Ok(offers)) => offers,
        Ok(Err(error)) => return Err(broken(&error)),
        Err(error) => return Err(broken(&error.into())),
    };
    offers.into_iter().find(|offer| offer.name == name).ok_or_else(|| {
        refusal(StatusCode::NOT_FOUND, "No program of the book has this name.")
    })
}

/// Whether a request comes from a page that this reader has served since it was started.
fn may_run(runner: &Runner, headers: &HeaderMap) -> Result<(), Refusal> {
    let only = |name: HeaderName| {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    };
    // `Host` is one of ours, or the request would not have come so far.
    let ours = only(header::HOST).map(|host| format!("http://{host}"));
    let origin = only(header::ORIGIN);
    let same_site = headers.get_all(SITE).iter().all(|site| site == "same-origin");
    if origin.is_none() || origin != ours.as_deref() || !same_site {
        return Err(refusal(
            StatusCode::FORBIDDEN,
            "Only a page of this reader may run a program.",
        ));
    }
    let json = only(header::CONTENT_TYPE).is_some_and(|media_type| {
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("application/json")
    });
    if !json {
        return Err(refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The request must be of type application/json.",
        ));
    }
    // No comparison in constant time: who is near enough to measure one can fetch a page, and read the token there. It keeps
    // out who can send and not read, a page of another origin.
    if only(TOKEN) != Some(runner.token()) {
        return Err(refusal(
            StatusCode::FORBIDDEN,
            "This page is from an earlier start of the reader: load it again.",
        ));
    }
    Ok(())
}
