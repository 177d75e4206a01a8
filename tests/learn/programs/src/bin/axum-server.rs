//! A web service: axum on tokio's threads. It ends when a client asks for `/stop`.
//!
//! It prints the port that it listens on.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use seccomp_runtime::{Policy, seccomp_policy};
use tokio::sync::Notify;

const SERVER: Policy = seccomp_policy! { default kill };

/// The state that all requests share.
#[derive(Default)]
struct Shared {
    visits: AtomicU64,
    stop: Notify,
}

fn main() -> Result<(), Box<dyn Error>> {
    if !learn_programs::is_plain() {
        SERVER.install()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let shared = Arc::new(Shared::default());
    let app = Router::new()
        .route("/", get(|| async { "hello\n" }))
        .route("/visits", post(visit))
        .route("/words", post(|text: String| async move { count(&text) }))
        .route("/after/{milliseconds}", get(after))
        .route("/file", get(file))
        .route(
            "/stop",
            post(|State(shared): State<Arc<Shared>>| async move { shared.stop.notify_one() }),
        )
        .with_state(Arc::clone(&shared));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, app)
        .with_graceful_shutdown(async move { shared.stop.notified().await })
        .await?;
    Ok(())
}

async fn visit(State(shared): State<Arc<Shared>>) -> Json<serde_json::Value> {
    Json(serde_json::json!({ "visits": shared.visits.fetch_add(1, Ordering::Relaxed) + 1 }))
}

fn count(text: &str) -> String {
    format!("{}\n", text.split_whitespace().count())
}

async fn after(Path(milliseconds): Path<u64>) -> String {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    format!("waited {milliseconds} ms\n")
}

/// Reads a file, which tokio does in a thread of its own.
async fn file() -> String {
    match tokio::fs::read("Cargo.toml").await {
        Ok(bytes) => format!("{} bytes\n", bytes.len()),
        Err(error) => format!("{error}\n"),
    }
}
